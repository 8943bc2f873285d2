-- Committed before the door says 250.
INSERT INTO mail_inboundmail (site_id, about_id, kind, raw, tries, at)
VALUES (%(site_id)s, %(row_id)s, %(kind)s, %(raw)s, 0, now()) RETURNING id
