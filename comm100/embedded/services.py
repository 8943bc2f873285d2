"""Start what no URL names: PostgreSQL and Valkey from their wheels, in one data folder."""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from comm100.embedded import postgres, valkey
from comm100.embedded.children import Child, Recipe, wait_ready
from comm100.embedded.postgres import NoServer

START_SECONDS = 180  # crash recovery after a large import takes its time


@dataclass
class Services:
    """What to start below one data folder, and how everybody reaches it."""

    urls: dict[str, str] = field(default_factory=dict)
    recipes: list[Recipe] = field(default_factory=list)


def services_of(data: Path, *, durable: bool = True) -> Services:
    """DATABASE_URL and REDIS_URL of the environment, or servers of our own for those missing."""
    data.mkdir(parents=True, exist_ok=True)
    data = data.resolve()
    needed = Services(
        {n: os.environ[n] for n in ("DATABASE_URL", "REDIS_URL") if os.environ.get(n)}
    )
    if "DATABASE_URL" not in needed.urls:
        needed.recipes.append(postgres.recipe(data / "postgres", durable=durable))
        needed.urls["DATABASE_URL"] = postgres.url(data / "postgres")
    if "REDIS_URL" not in needed.urls:
        recipe, needed.urls["REDIS_URL"] = valkey.recipe(data / "valkey", durable=durable)
        needed.recipes.append(recipe)
    return needed


def start(recipe: Recipe) -> Child:
    """Start one server and wait until it answers."""
    child = Child(recipe)
    if wait_ready(child, START_SECONDS):
        return child
    child.stop()
    told = recipe.log.read_text(errors="replace").splitlines()[-5:] if recipe.log else []
    raise NoServer("\n".join([f"{recipe.name} did not start ({recipe.log}):", *told]))


def start_services(data: Path, stack: ExitStack, *, durable: bool = True) -> dict[str, str]:
    """Start the missing servers below `data`; `stack` stops them.

    durable=False is for tests: nothing survives a power cut.
    Returns DATABASE_URL and REDIS_URL, those of the environment where it has them.
    """
    services = services_of(data, durable=durable)
    for recipe in services.recipes:
        stack.callback(start(recipe).stop)
    return services.urls
