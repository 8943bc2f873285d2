-- Committed before the door says 250; the same bytes for the same row come in once.
WITH fresh AS (
  INSERT INTO mail_arrival (digest, at) VALUES (%(digest)s, now())
  ON CONFLICT (digest) DO NOTHING RETURNING 1
)
INSERT INTO mail_inboundmail (site_id, about_id, kind, raw, tries, at, state)
SELECT coalesce(%(site_id)s, (SELECT id FROM accounts_site WHERE is_company)), %(row_id)s, %(kind)s,
  %(raw)s, 0, now(), %(inbound_waiting)s
FROM fresh RETURNING id, site_id
