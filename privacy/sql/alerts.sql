-- Grants that are over, and what should make somebody look twice. Run by the post, every few minutes.
GRANT SELECT, INSERT, UPDATE ON privacy_accessalert TO comm100_definer;
GRANT USAGE ON SEQUENCE privacy_accessalert_id_seq TO comm100_definer;

-- A grant's time is over, or nobody agreed to it for a day: its end stands in the journal, too.
CREATE OR REPLACE FUNCTION app.expire_grants() RETURNS TABLE (over_site bigint, over_grant bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  FOR over_site, over_grant IN
    UPDATE privacy_accessgrant SET ended_at = coalesce(expires_at, now()), ended_by = 'time'
    WHERE id IN (SELECT id FROM privacy_accessgrant WHERE ended_at IS NULL
        AND (expires_at < now() OR active_from IS NULL AND opened_at < now() - interval '24 hours')
      ORDER BY id FOR UPDATE SKIP LOCKED)
    RETURNING site_id, id
  LOOP
    PERFORM app.journal_write(over_site, 'system', 'grant.expired', 'privacy_accessgrant', over_grant::text,
      jsonb_build_object('grant', over_grant));
    RETURN NEXT;
  END LOOP;
END $$;
ALTER FUNCTION app.expire_grants() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.expire_grants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.expire_grants() TO comm100_post;

-- Many records of one staff member within an hour, grants that nobody used, records unrelated to
-- the reference: each is told once a grant. Answers the new ones.
CREATE OR REPLACE FUNCTION app.raise_alerts(p_many int) RETURNS TABLE (alert_site bigint, alert_id bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH used AS (
    SELECT g.id, g.site_id, g.staff_id, g.active_from, g.ended_at, g.ended_by,
      count(v.id) AS views, max(v.at) AS last_at,
      count(v.id) FILTER (WHERE v.at > now() - interval '1 hour') AS of_late,
      count(v.id) FILTER (WHERE v.detail->'related' = 'false'::jsonb) AS unrelated
    FROM privacy_accessgrant g LEFT JOIN core_journalentry v
      ON v.site_id = g.site_id AND v.grant_id = g.id AND v.action = 'record.view'
    WHERE g.active_from > now() - interval '2 days' AND g.purpose <> 'newsletter_moderation' GROUP BY g.id),
  found AS (
    SELECT DISTINCT ON (staff_id) 'many_records' AS kind, site_id, id, staff_id,
      (sum(of_late) OVER (PARTITION BY staff_id))::int AS count, last_at
    FROM used WHERE of_late > 0 ORDER BY staff_id, last_at DESC)
  INSERT INTO privacy_accessalert (kind, site_id, grant_id, staff_id, count, at)
  SELECT kind, site_id, id, staff_id, count, now() FROM found WHERE count >= p_many
  UNION ALL
  SELECT 'unused_grant', site_id, id, staff_id, 0, now() FROM used
    WHERE views = 0 AND active_from < now() - interval '1 hour' AND (ended_at IS NULL OR ended_by = 'time')
  UNION ALL
  SELECT 'unrelated_records', site_id, id, staff_id, unrelated::int, now() FROM used WHERE unrelated > 0
  ON CONFLICT (site_id, kind, grant_id) DO UPDATE SET count = EXCLUDED.count
    WHERE privacy_accessalert.count < EXCLUDED.count AND privacy_accessalert.seen_at IS NULL
  RETURNING site_id, CASE WHEN xmax = 0 THEN id END $$;
ALTER FUNCTION app.raise_alerts(int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.raise_alerts(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.raise_alerts(int) TO comm100_post;

-- A staff member looked into an alert that is about somebody else.
CREATE OR REPLACE FUNCTION app.settle_alert(p_alert bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_staff bigint := app.staff_at_work(); told privacy_accessalert;
BEGIN
  UPDATE privacy_accessalert SET seen_by = v_staff, seen_at = now()
  WHERE id = p_alert AND seen_at IS NULL AND staff_id <> v_staff RETURNING * INTO told;
  IF told.id IS NULL THEN
    RAISE EXCEPTION 'this alert is not yours to settle' USING errcode = 'insufficient_privilege';
  END IF;
  PERFORM app.journal_write(told.site_id, 'staff:' || v_staff, 'alert.settled', 'privacy_accessgrant', told.grant_id::text,
    jsonb_build_object('grant', told.grant_id, 'alert', told.kind, 'count', told.count));
END $$;
ALTER FUNCTION app.settle_alert(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.settle_alert(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.settle_alert(bigint) TO comm100_staff;
