"""When this happens, do that."""

from comm100.core.events import when
from visitors import tasks
from visitors.events import CustomFieldRemoved, ImportFinished, ImportStarted


@when(ImportStarted)
def work_on_the_import(event: ImportStarted) -> None:
    tasks.run_import.delay(event.import_id)


@when(ImportFinished)
def drop_its_file(event: ImportFinished) -> None:
    tasks.tidy_import.delay(event.import_id)


@when(CustomFieldRemoved)
def erase_its_values(event: CustomFieldRemoved) -> None:
    tasks.erase_field.delay(event.key)
