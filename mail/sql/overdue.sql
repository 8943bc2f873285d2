-- Open mailings whose rows were due two hours ago, and nobody came for them since: nothing was
-- running. The claim leaves them alone, the sweep holds them for a person.
SELECT m.id, m.site_id FROM mail_mailing m
WHERE m.state = %(mailing_open)s AND m.turn_at < now() - interval '2 hours'
  AND (m.not_before IS NULL OR m.not_before < now() - interval '2 hours')
  AND EXISTS (SELECT 1 FROM mail_outbox o WHERE o.lane = %(marketing)s AND o.mailing_id = m.id
    AND o.state IN (%(ready)s, %(retry)s) AND o.state = %(ready)s
    AND o.not_before < now() - interval '2 hours')
