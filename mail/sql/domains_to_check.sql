-- Sending domains to look at: daily; hourly for two weeks while somebody sets their records.
SELECT id, site_id FROM mail_sendingdomain
WHERE (checking_since IS NULL OR checking_since < now() - interval '5 minutes')
  AND (checked_at IS NULL OR checked_at < now() - interval '23 hours'
    OR (state = %(domain_waiting)s AND made_at > now() - interval '14 days'
      AND checked_at < now() - interval '55 minutes'))
ORDER BY checked_at NULLS FIRST LIMIT 500
