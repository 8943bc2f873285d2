"""Files that wait to be imported lose the lines of who is erased, and nothing else."""

import pytest

from comm100.core.storage import kept_file
from comm100.core.tenancy import working_for
from tests.persons import EMAIL, WORD, make_contact, plant_upload
from visitors.importing.dialect import Dialect
from visitors.importing.records import Records
from visitors.operations.uploads import blank_lines_of
from visitors.persons import person_of

CSV = f'email,name\nann@x.example,Ann\n{EMAIL.upper()},"{WORD}\nof Acme"\nbob@x.example,Bob\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "cp1252"])
def test_lines_in_waiting_files_are_blanked_and_every_byte_stays_in_its_place(company, encoding):
    canary, upload = make_contact(company), plant_upload(company, CSV, encoding)
    path = kept_file(upload.stored_as)
    size, person = path.stat().st_size, person_of(canary)
    with working_for(company.pk):
        assert blank_lines_of(person) == 1
        assert blank_lines_of(person) == 0
    assert path.stat().st_size == size
    assert WORD not in path.read_bytes().decode(encoding).lower()
    with path.open("rb") as file:
        rows = [cells for _, cells, _ in Records(file, Dialect.stored(upload.dialect))]
    people = [cells for cells in rows if any(map(str.strip, cells))]
    assert people == [["ann@x.example", "Ann"], ["bob@x.example", "Bob"]]
