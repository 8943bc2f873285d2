"""When this happens, do that."""

from accounts.models import User
from comm100.core.events import together_with, when
from comm100.core.tenancy import working_for
from privacy.events import AccountClosed
from privacy.people import addresses_of
from visitors import mails, tasks
from visitors.events import (
    CopyAsked,
    CopyMade,
    CustomFieldRemoved,
    ErasureAsked,
    ImportFinished,
    ImportStarted,
)
from visitors.models import ContactCopy
from visitors.operations.erasing import ask_erasure
from visitors.persons import contacts_of_company


@when(ImportStarted)
def work_on_the_import(event: ImportStarted) -> None:
    tasks.run_import.delay(event.import_id)


@when(ImportFinished)
def drop_its_file(event: ImportFinished) -> None:
    tasks.tidy_import.delay(event.import_id)


@when(CustomFieldRemoved)
def erase_its_values(event: CustomFieldRemoved) -> None:
    tasks.erase_field.delay(event.key)


@when(CopyAsked)
def make_it(event: CopyAsked) -> None:
    tasks.make_copy.delay(event.copy_id)


@together_with(CopyMade)
def tell_who_asked_for_it(event: CopyMade) -> None:
    copy = ContactCopy.objects.select_related("contact__site").get(pk=event.copy_id)
    if copy.is_for_the_contact:
        mails.copy_letter(copy).send()


@when(ErasureAsked)
def erase_them(event: ErasureAsked) -> None:
    tasks.erase_contact.delay(event.erasure_id)


@together_with(AccountClosed)
def the_company_forgets_them_as_a_contact(event: AccountClosed) -> None:
    user = User.objects.get(pk=event.user_id)
    for contact in contacts_of_company(addresses_of(user)):
        with working_for(contact.site_id):
            ask_erasure(contact, by=user, tell=False)
