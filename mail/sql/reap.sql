-- Leases that ran out. Marketing is unknown and shown, never sent again on its own; transactional
-- goes again with the same Message-ID.
WITH lost AS (
  SELECT id, mailing_id IS NOT NULL AS unsure
  FROM mail_outbox
  WHERE state = %(inflight)s AND lease_until < now()
  ORDER BY lease_until LIMIT 5000 FOR UPDATE SKIP LOCKED
),
reaped AS (
  UPDATE mail_outbox o SET
    state = CASE WHEN lost.unsure THEN %(unknown)s ELSE %(ready)s END,
    settled_at = CASE WHEN lost.unsure THEN now() END,
    smtp_reply = CASE WHEN lost.unsure THEN 'The worker stopped before the server answered.' ELSE o.smtp_reply END,
    lease_token = NULL, lease_until = NULL
  FROM lost WHERE o.id = lost.id
  RETURNING o.site_id, o.mailing_id, o.state
),
counted AS MATERIALIZED (
  SELECT app.count_mailing(site_id, mailing_id, unknown => count(*))
  FROM reaped WHERE state = %(unknown)s GROUP BY site_id, mailing_id
)
SELECT count(*) FILTER (WHERE state = %(ready)s), count(*) FILTER (WHERE state = %(unknown)s),
  (SELECT count(*) FROM counted) FROM reaped
