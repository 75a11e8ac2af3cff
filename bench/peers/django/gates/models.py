from django.db import models


class Vehicle(models.Model):
    plate = models.CharField(max_length=16)
    color = models.CharField(max_length=1)
    vin = models.CharField(max_length=17)
    stage = models.CharField(max_length=1)
    fuel = models.CharField(max_length=1)

    class Meta:
        indexes = [models.Index(fields=["plate", "color"], name="by_plate")]


class Listing(models.Model):
    plate = models.CharField(max_length=16)
    color = models.CharField(max_length=1)

    class Meta:
        indexes = [models.Index(fields=["plate", "color"], name="listing_by_plate")]


class Nonce(models.Model):
    nonce = models.CharField(max_length=80, primary_key=True)
    seen_at = models.IntegerField()


class Photo(models.Model):
    sha256 = models.CharField(max_length=64, primary_key=True)
    serial_no = models.IntegerField()


class Daily(models.Model):
    day = models.CharField(max_length=10)
    org = models.CharField(max_length=32)
    stage = models.CharField(max_length=1)
    direction = models.CharField(max_length=1)
    trips = models.IntegerField(default=0)
    tonnes = models.FloatField(default=0)
    refused = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "org", "stage", "direction"], name="daily_key")]


class Pass(models.Model):
    org = models.CharField(max_length=32)
    gate_no = models.CharField(max_length=8)
    serial_no = models.BigIntegerField()
    plate = models.CharField(max_length=16)
    color = models.CharField(max_length=1)
    passed_at = models.BigIntegerField()
    direction = models.CharField(max_length=1)
    barrier_no = models.CharField(max_length=8)
    lane_no = models.CharField(max_length=8, null=True)
    barrier_action = models.CharField(max_length=1)
    source = models.CharField(max_length=8)
    head_photo = models.CharField(max_length=64, null=True)
    body_photo = models.CharField(max_length=64, null=True)
    cargo = models.CharField(max_length=32, null=True)
    tonnes = models.FloatField(null=True)
    vin = models.CharField(max_length=17, null=True)
    stage = models.CharField(max_length=1, null=True)
    fuel = models.CharField(max_length=1, null=True)
    vehicle_type = models.CharField(max_length=4, null=True)
    verdict = models.CharField(max_length=8)
    findings = models.CharField(max_length=200)
    pair_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "gate_no", "serial_no"], name="by_serial")]
        indexes = [models.Index(fields=["plate", "passed_at"], name="by_plate_time"), models.Index(fields=["org", "passed_at"], name="by_org_time"), models.Index(fields=["passed_at"], name="by_time")]


ALL = [Vehicle, Listing, Nonce, Photo, Daily, Pass]
