from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    name = "website"

    def ready(self) -> None:
        from website import reactions, welcoming  # noqa: F401, PLC0415  register themselves
        from website.staff import offer_health  # noqa: PLC0415
        from website.views.notices import offer_notices  # noqa: PLC0415
        from website.views.testimonials_staff import offer_testimonials  # noqa: PLC0415

        offer_health()
        offer_testimonials()
        offer_notices()
        _offer_disclosures()


def _offer_disclosures() -> None:
    from comm100.core.navigation import Place, offer  # noqa: PLC0415
    from operators import chronicle  # noqa: PLC0415

    offer(
        Place(
            label="Disclosures",
            url_name="disclosures:site",
            icon="scale",
            permission="journal:read",
            section="Site",
            order=915,
            in_side_bar=False,
        )
    )
    chronicle.tell(
        law_disclosed="handed over {records:record} because {reference} demands it",
        law_told="told the site what was disclosed for {reference}",
        agent_added="added agent {agent} under contract {contract}",
        agent_ended="ended the work of agent {agent}",
        agent_shown="was shown name and address of contact {contact}",
    )
    chronicle.label(
        law_disclosed="Records handed over because an order demanded it",
        law_told="Site told of an order",
        agent_ended="Work of an agent ended",
        agent_shown="Contact shown to an agent",
    )
