-- Written once when the server is back, and now and then while it works.
INSERT INTO mail_relay AS r (name, problem, failures, worked_at) VALUES (%(name)s, '', 0, now())
ON CONFLICT (name) DO UPDATE SET problem = '', failing_since = NULL, failures = 0,
  resting_until = NULL, worked_at = now()
WHERE r.failures > 0 OR r.worked_at IS NULL OR r.worked_at < now() - interval '1 minute'
