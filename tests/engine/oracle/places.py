"""Places: how far it is between two parts, by the regions and zones that they were drawn into, or by the cities that they stand in."""

import math
from dataclasses import dataclass
from typing import Any

from sim_engine.catalogue.locations import LOCATIONS

MS = 0.001
EARTH_RADIUS_KM = 6_371.0088
LIGHT_KM_PER_S = 299_792.458
FIBRE_INDEX = 1.468
PATH_FACTOR = 1.8


@dataclass(frozen=True)
class Spot:
    """Where a part is. `city` None: nowhere, at no distance from anything. Without a region it is a point of a CDN."""

    city: str | None = None
    region: str | None = None
    zone: str | None = None
    path_factor: float | None = None
    between_zones_s: float = 0.0
    within_zone_s: float = 0.0


def great_circle_km(one: str, other: str) -> float:
    a, b = LOCATIONS[one], LOCATIONS[other]
    north, south = math.radians(a.latitude), math.radians(b.latitude)
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(north) * math.cos(south) * math.sin(math.radians(a.longitude - b.longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def distance_s(one: Spot, other: Spot) -> float:
    if one.city is None or other.city is None:
        return 0.0
    if one.region is not None and one.region == other.region:
        return one.within_zone_s if one.zone == other.zone else one.between_zones_s
    factors = [factor for factor in (one.path_factor, other.path_factor) if factor is not None] or [PATH_FACTOR]
    way = great_circle_km(one.city, other.city) * FIBRE_INDEX / LIGHT_KM_PER_S * sum(factors) / len(factors)
    return max(way, one.between_zones_s, other.between_zones_s)


def spot_of(name: str, components: dict[str, dict[str, Any]]) -> Spot:
    """Follow `inside` outwards: the first zone and the region around it."""
    zone = None
    place = components[name].get("inside")
    while place is not None and components[place]["kind"] != "region":
        zone = zone or place
        place = components[place].get("inside")
    if place is None:
        return Spot()
    p = components[place]["parameters"]
    return Spot(p["location"], place, zone, p["path_factor"], p["between_zones_ms"] * MS, p["within_zone_ms"] * MS)
