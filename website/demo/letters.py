"""What Northwind Bikes writes to its readers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Issue:
    subject: str
    preheader: str
    body: str


TYRES = Issue(
    subject="New: gravel tyres in 45 mm",
    preheader="Light, quiet on asphalt, and in the shop from Thursday.",
    body="""
<h1>Wide, light, and quiet</h1>
<p>Hello {{ first_name | friend }},</p>
<p>for two years you have asked for a tyre that carries you over gravel and does not sing on
asphalt. It is here: <strong>45 mm wide, 480 g light</strong>, in black and in tan.</p>
<ul>
<li>Fits most frames made since 2019. Not sure about yours? Reply with its name.</li>
<li>Mounted for free when you bring the bike to us.</li>
<li>Three months to try them. If they are not for you, bring them back.</li>
</ul>
<p><a href="https://northwind.example/tyres/gravel-45">See the tyres</a></p>
<p>See you on the road,<br>Nora and the workshop</p>
""",
)
RIDE = Issue(
    subject="Members’ ride: Sunday at nine",
    preheader="48 km along the river, cake on the way. Tell us if you come.",
    body="""
<h1>Sunday at nine, at the old mill</h1>
<p>Hello {{ first_name | all }},</p>
<p>the forecast is dry, so we ride. <strong>48 km along the river</strong>, slowly enough to talk,
with a stop for cake at the lock.</p>
<ol>
<li>Meet at nine at the old mill. We leave at a quarter past.</li>
<li>Bring a tube, a light and something warm.</li>
<li>Back at two at the latest.</li>
</ol>
<p><a href="https://northwind.example/rides/river">The route, and who comes</a></p>
""",
)
HOURS = Issue(
    subject="Winter opening hours",
    preheader="",
    body="<p>From December on we open at ten.</p>",
)
