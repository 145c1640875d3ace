"""Cities with data centres of the large clouds and content networks, and how far apart they are.

Positions in degrees, to about a kilometre (GeoNames). A region of a cloud lies within some 100 km of the city that it is named after.
"""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final

from sim_engine.texts import _

EARTH_RADIUS_KM: Final = 6_371.0088  # mean radius, IUGG
LIGHT_KM_PER_S: Final = 299_792.458
FIBRE_INDEX: Final = 1.468  # ITU-T G.652: light in glass is slower by this


@dataclass(frozen=True, slots=True)
class Location:
    name: str
    title: str
    latitude: float
    longitude: float


_DECLARED: Final = (
    Location("virginia", _("Northern Virginia"), 39.04, -77.49),
    Location("new_york", _("New York"), 40.71, -74.01),
    Location("ohio", _("Ohio"), 39.96, -83.00),
    Location("montreal", _("Montréal"), 45.50, -73.57),
    Location("oregon", _("Oregon"), 45.84, -119.70),
    Location("san_francisco", _("San Francisco"), 37.77, -122.42),
    Location("sao_paulo", _("São Paulo"), -23.55, -46.63),
    Location("dublin", _("Dublin"), 53.35, -6.26),
    Location("london", _("London"), 51.51, -0.13),
    Location("paris", _("Paris"), 48.86, 2.35),
    Location("madrid", _("Madrid"), 40.42, -3.70),
    Location("amsterdam", _("Amsterdam"), 52.37, 4.90),
    Location("frankfurt", _("Frankfurt"), 50.11, 8.68),
    Location("zurich", _("Zürich"), 47.37, 8.54),
    Location("milan", _("Milan"), 45.46, 9.19),
    Location("stockholm", _("Stockholm"), 59.33, 18.07),
    Location("warsaw", _("Warsaw"), 52.23, 21.01),
    Location("sofia", _("Sofia"), 42.70, 23.32),
    Location("tel_aviv", _("Tel Aviv"), 32.08, 34.78),
    Location("dubai", _("Dubai"), 25.20, 55.27),
    Location("cape_town", _("Cape Town"), -33.92, 18.42),
    Location("mumbai", _("Mumbai"), 19.08, 72.88),
    Location("singapore", _("Singapore"), 1.35, 103.82),
    Location("hong_kong", _("Hong Kong"), 22.32, 114.17),
    Location("seoul", _("Seoul"), 37.57, 126.98),
    Location("tokyo", _("Tokyo"), 35.68, 139.69),
    Location("sydney", _("Sydney"), -33.87, 151.21),
)

LOCATIONS: Final[dict[str, Location]] = {location.name: location for location in _DECLARED}
LOCATION_CHOICES: Final = tuple((location.name, location.title) for location in _DECLARED)
LOCATION_SOURCE: Final = _("Cities with regions of AWS, Google Cloud or Azure, or a place of a content network; positions from GeoNames.")
PATH_FACTOR: Final = 1.8
PATH_FACTOR_SOURCE: Final = _(
    "Round trips between AWS regions (cloudping.co) take 1.4 to 2.2 times as long as through a straight fibre, 1.8 in the middle; "
    "Bozkurt et al., Dissecting Latency in the Internet's Fiber Infrastructure, 2018: 2.1."
)


def great_circle_km(one: Location, other: Location) -> float:
    """The shortest way over the surface of the earth (haversine formula)."""
    latitude, other_latitude = radians(one.latitude), radians(other.latitude)
    north, east = other_latitude - latitude, radians(other.longitude - one.longitude)
    chord = sin(north / 2.0) ** 2 + cos(latitude) * cos(other_latitude) * sin(east / 2.0) ** 2
    return 2.0 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))


def fibre_s(km: float) -> float:
    """Seconds that light takes through so much glass."""
    return km * FIBRE_INDEX / LIGHT_KM_PER_S
