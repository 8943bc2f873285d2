"""The texts that people accept: each version stands for good, sealed by its digest (P11.1)."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Literal

from django.conf import settings

Name = Literal["policy", "agreement"]
FOLDER = settings.BASE_DIR / "templates" / "website" / "documents"


@dataclass(frozen=True)
class Document:
    """One version of a text; its version is the day from which it applies."""

    name: Name
    version: str

    @property
    def template(self) -> str:
        return f"website/documents/{self.name}/{self.version}.html"

    @property
    def path(self) -> Path:
        return FOLDER / self.name / f"{self.version}.html"

    @property
    def since(self) -> date:
        return date.fromisoformat(self.version)

    @property
    def digest(self) -> str:
        return sha256(self.path.read_bytes()).hexdigest()


def versions(name: Name) -> list[Document]:
    """Every published version, newest first."""
    return [Document(name, path.stem) for path in sorted((FOLDER / name).iterdir(), reverse=True)]


def current(name: Name) -> Document:
    """The version that applies: what settings say that a sign-up accepts."""
    version = settings.POLICY_VERSION if name == "policy" else settings.AGREEMENT_VERSION
    return Document(name, version)
