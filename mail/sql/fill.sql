-- The staged contacts of an audience become rows of the outbox; runs as comm100_app. (SELECT 12): of a
-- plain 12 the planner believes that it has one row, while its statistics do not know that site, and
-- may read all of the site for each contact.
WITH judged AS (
  SELECT c.*, coalesce(z.at, %(not_before)s) AS not_before, EXISTS (SELECT 1 FROM mail_suppression s
                      WHERE s.site_id = (SELECT %(site_id)s) AND s.address_hash = c.email_hash)
    OR NOT coalesce((SELECT said.agreed FROM visitors_choice said
      WHERE said.site_id = (SELECT %(site_id)s) AND said.contact_id = c.id AND said.kind = %(kind)s), %(kind)s = %(marketing_kind)s) AS suppressed
  FROM outbox_chunk c
  LEFT JOIN unnest(%(zones)s::text[], %(times)s::timestamptz[]) AS z (zone, at) ON z.zone = c.time_zone
),
added AS (
  INSERT INTO mail_outbox (site_id, lane, mailing_id, contact_id, address, address_hash, domain_bucket,
    state, attempts, not_before, smtp_reply, message_id, created_at)
  SELECT %(site_id)s, %(lane)s, %(mailing_id)s, id, email, email_hash,
    hashtext(lower(split_part(email, '@', 2))) & 1023, %(ready)s, 0, not_before, '', '', now()
  FROM judged WHERE NOT suppressed ORDER BY id
  /* conflict */ RETURNING 1
)
SELECT (SELECT count(*) FROM added), (SELECT count(DISTINCT email_hash) FROM judged WHERE suppressed)
