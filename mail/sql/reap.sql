-- Leases that ran out. Claimed: nothing left, it is ready again. In flight: marketing is unknown
-- and shown, never sent again on its own; transactional goes again with the same Message-ID.
WITH lost AS (
  SELECT id, state AS was, mailing_id IS NOT NULL AND state = %(inflight)s AS unsure
  FROM mail_outbox
  WHERE state IN (%(claimed)s, %(inflight)s) AND lease_until < now()
  ORDER BY lease_until LIMIT 5000 FOR UPDATE SKIP LOCKED
),
reaped AS (
  UPDATE mail_outbox o SET
    state = CASE WHEN lost.unsure THEN %(unknown)s ELSE %(ready)s END,
    settled_at = CASE WHEN lost.unsure THEN now() END,
    smtp_reply = CASE WHEN lost.unsure THEN 'The worker stopped before the server answered.' ELSE o.smtp_reply END,
    lease_token = NULL, lease_until = NULL
  FROM lost WHERE o.id = lost.id
  RETURNING o.mailing_id, o.state
),
counted AS (
  UPDATE mail_mailing m SET unknown = m.unknown + t.n
  FROM (SELECT mailing_id, count(*) AS n FROM reaped WHERE state = %(unknown)s GROUP BY 1) t
  WHERE m.id = t.mailing_id
)
SELECT count(*) FILTER (WHERE state = %(ready)s), count(*) FILTER (WHERE state = %(unknown)s) FROM reaped
