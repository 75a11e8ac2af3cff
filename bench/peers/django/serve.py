"""The gate's passes with Django 5.2 and SQLite: gunicorn with two worker processes of four threads, every request one durable transaction."""
import argparse
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(0, HERE)


def start(folder):
    import django
    from django.conf import settings

    settings.configure(
        DEBUG=False, SECRET_KEY="bench", ALLOWED_HOSTS=["*"], ROOT_URLCONF="routes", USE_TZ=True, INSTALLED_APPS=["gates"], MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        DATA_UPLOAD_MAX_MEMORY_SIZE=8 << 20, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3", "NAME": folder + "/peer.sqlite", "CONN_MAX_AGE": None,
                "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"},
            }
        })
    django.setup()


def prepare(fixture):
    from django.db import connection
    from gates import models

    with connection.schema_editor() as editor:
        for model in models.ALL:
            editor.create_model(model)
    models.Vehicle.objects.bulk_create([models.Vehicle(**{k: v[k] for k in ("plate", "color", "vin", "stage", "fuel")}) for v in fixture.vehicles if v["filed"]], batch_size=500)
    models.Listing.objects.bulk_create([models.Listing(plate=v["plate"], color=v["color"]) for v in fixture.vehicles if v["listed"]])
    connection.close()


def main():
    import shared

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--fixture")
    parser.add_argument("--data")
    options = parser.parse_args()
    start(options.data)
    fixture = shared.Fixture(options.fixture)
    prepare(fixture)
    import routes
    from django.core.wsgi import get_wsgi_application
    from gunicorn.app.base import BaseApplication

    routes.fixture = fixture

    class Server(BaseApplication):
        def load_config(self):
            for name, value in {"bind": f"127.0.0.1:{options.port}", "workers": 2, "threads": 4, "worker_class": "gthread", "keepalive": 60, "backlog": 512, "worker_connections": 200}.items():
                self.cfg.set(name, value)

        def load(self):
            return get_wsgi_application()

    Server().run()


if __name__ == "__main__":
    main()
