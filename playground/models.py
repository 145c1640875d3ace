"""What is stored. Documents are kept as JSON text, exactly as validated; nothing in them is queried.

A save makes a new revision and never changes one. A save on a base that is no longer the head is kept as a sibling:
it has a number and a base like any other, but the head does not move to it.
"""

from django.db import models


class Design(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    # Hash of the visitor who made it, for quotas only: access goes by links alone.
    made_by = models.CharField(max_length=64, db_index=True)
    head = models.PositiveIntegerField(default=0)
    numbers_used = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"design {self.pk}"


class Revision(models.Model):
    design = models.ForeignKey(Design, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    base = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(auto_now_add=True)
    name = models.CharField(max_length=200, blank=True)
    document = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["design", "number"], name="one_revision_of_a_number"),)

    def __str__(self) -> str:
        return f"revision {self.number} of {self.design_id}"


class ShareLink(models.Model):
    """A capability: whoever knows the secret has the access. Only its SHA-256 is stored."""

    class Kind(models.TextChoices):
        VIEW = "view"
        EDIT = "edit"

    design = models.ForeignKey(Design, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} link {self.pk}"


class RunRecord(models.Model):
    """All that a run is made of, so that any web process can replay it on any worker."""

    id = models.CharField(primary_key=True, max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True, db_index=True)
    controller = models.CharField(max_length=64, db_index=True)
    # Runs that somebody watches are what limits count; the others pause by themselves.
    watched_until = models.DateTimeField(db_index=True)
    design = models.ForeignKey(Design, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    document = models.TextField()
    scenario = models.CharField(max_length=64)
    seed = models.BigIntegerField()
    speed = models.CharField(max_length=8)
    commands = models.TextField(default="[]")
    # Frames of one epoch fit together. It changes only when a replay cannot give the same frames again.
    epoch = models.CharField(max_length=16)
    engine = models.CharField(max_length=80)
    # Counts the actors this run has had; raised by whoever replaces a lost one (compare and swap).
    incarnation = models.PositiveIntegerField(default=0)
    reached_s = models.FloatField(default=0)
    paused = models.BooleanField(default=False)
    ended = models.CharField(max_length=8, blank=True)
    ended_text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"run {self.pk}"
