-- Staff access (P9.1-P9.4): grants, and the log before every read. Idempotent.
-- Who acts comes from the signed context, never from an argument.

GRANT SELECT, INSERT, UPDATE ON privacy_accessgrant TO comm100_definer;
GRANT USAGE ON SEQUENCE privacy_accessgrant_id_seq TO comm100_definer;
GRANT SELECT ON accounts_user, accounts_site TO comm100_definer;

CREATE OR REPLACE FUNCTION app.staff_at_work() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_staff bigint := app.staff_id();
BEGIN
  IF v_staff IS NULL OR NOT EXISTS (SELECT 1 FROM accounts_user WHERE id = v_staff AND is_staff AND is_active) THEN
    RAISE EXCEPTION 'only staff at work may do this' USING errcode = 'insufficient_privilege';
  END IF;
  RETURN v_staff;
END $$;
ALTER FUNCTION app.staff_at_work() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.staff_at_work() FROM PUBLIC;

-- A grant becomes active when all who must have agreed; only then its time runs.
CREATE OR REPLACE FUNCTION app.grant_begins(p_grant bigint) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE privacy_accessgrant SET active_from = now(), expires_at = now() + make_interval(mins => minutes)
  WHERE id = p_grant AND active_from IS NULL AND ended_at IS NULL
    AND (NOT needs_second OR second_id IS NOT NULL) AND (NOT needs_site OR site_approved_by IS NOT NULL)
  RETURNING true $$;
ALTER FUNCTION app.grant_begins(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.grant_begins(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION app.open_grant(p_site bigint, p_purpose text, p_reason text, p_reference text, p_minutes int)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_staff bigint := app.staff_at_work(); v_waits boolean; v_grant bigint;
BEGIN
  IF p_purpose = 'newsletter_moderation' THEN
    RAISE EXCEPTION 'the moderation queue opens these' USING errcode = 'insufficient_privilege';
  END IF;
  SELECT support_waits INTO STRICT v_waits FROM accounts_site WHERE id = p_site;
  INSERT INTO privacy_accessgrant (site_id, public_id, staff_id, purpose, reason, reference, minutes, opened_at,
    needs_second, needs_site, ended_by, objection)
  VALUES (p_site, gen_random_uuid(), v_staff, p_purpose, p_reason, p_reference, p_minutes, now(),
    p_purpose IN ('newsletter_abuse_complaint', 'agreement_violation', 'legal_requirement'),
    v_waits AND p_purpose IN ('problem_resolution', 'support_issue'), '', '') RETURNING id INTO v_grant;
  PERFORM app.journal_write(p_site, 'staff:' || v_staff, 'grant.opened', 'privacy_accessgrant', v_grant::text,
    jsonb_build_object('grant', v_grant, 'purpose', p_purpose, 'reason', p_reason, 'reference', p_reference, 'minutes', p_minutes));
  PERFORM app.grant_begins(v_grant);
  RETURN v_grant;
END $$;
ALTER FUNCTION app.open_grant(bigint, text, text, text, int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.open_grant(bigint, text, text, text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.open_grant(bigint, text, text, text, int) TO comm100_staff;

-- The second staff member: somebody else than who asked.
CREATE OR REPLACE FUNCTION app.second_grant(p_grant bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_staff bigint := app.staff_at_work(); v_site bigint;
BEGIN
  UPDATE privacy_accessgrant SET second_id = v_staff
  WHERE id = p_grant AND needs_second AND second_id IS NULL AND ended_at IS NULL AND staff_id <> v_staff
  RETURNING site_id INTO v_site;
  IF v_site IS NULL THEN
    RAISE EXCEPTION 'this grant does not wait for you' USING errcode = 'insufficient_privilege';
  END IF;
  PERFORM app.journal_write(v_site, 'staff:' || v_staff, 'grant.approved', 'privacy_accessgrant', p_grant::text,
    jsonb_build_object('grant', p_grant));
  PERFORM app.grant_begins(p_grant);
END $$;
ALTER FUNCTION app.second_grant(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.second_grant(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.second_grant(bigint) TO comm100_staff;

-- The site's own click, by the user in context at the site in context.
CREATE OR REPLACE FUNCTION app.admit_grant(p_grant bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_site bigint := app.site_id(); v_user bigint := app.user_id(); v_found boolean;
BEGIN
  UPDATE privacy_accessgrant SET site_approved_by = v_user
  WHERE id = p_grant AND site_id = v_site AND needs_site AND site_approved_by IS NULL AND ended_at IS NULL
    AND v_user IS NOT NULL RETURNING true INTO v_found;
  IF v_found IS NULL THEN
    RAISE EXCEPTION 'this grant does not wait for the site' USING errcode = 'insufficient_privilege';
  END IF;
  PERFORM app.journal_write(v_site, 'user:' || v_user, 'grant.admitted', 'privacy_accessgrant', p_grant::text,
    jsonb_build_object('grant', p_grant));
  PERFORM app.grant_begins(p_grant);
END $$;
ALTER FUNCTION app.admit_grant(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.admit_grant(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.admit_grant(bigint) TO comm100_app;

-- The end before its time: closed by staff, or objected to by the site. False when it was over.
CREATE OR REPLACE FUNCTION app.close_grant(p_grant bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_staff bigint := app.staff_at_work(); v_site bigint;
BEGIN
  UPDATE privacy_accessgrant SET ended_at = now(), ended_by = 'staff:' || v_staff
  WHERE id = p_grant AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > now())
  RETURNING site_id INTO v_site;
  IF v_site IS NULL THEN RETURN false; END IF;
  PERFORM app.journal_write(v_site, 'staff:' || v_staff, 'grant.closed', 'privacy_accessgrant', p_grant::text,
    jsonb_build_object('grant', p_grant));
  RETURN true;
END $$;
ALTER FUNCTION app.close_grant(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.close_grant(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.close_grant(bigint) TO comm100_staff;

CREATE OR REPLACE FUNCTION app.object_to_grant(p_grant bigint, p_words text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_site bigint := app.site_id(); v_user bigint := app.user_id(); v_found boolean;
BEGIN
  UPDATE privacy_accessgrant SET objection = p_words, ended_by = CASE WHEN ended_at IS NULL THEN 'user:' || v_user ELSE ended_by END,
    ended_at = coalesce(ended_at, now())
  WHERE id = p_grant AND site_id = v_site AND objection = '' AND v_user IS NOT NULL RETURNING true INTO v_found;
  IF v_found IS NULL THEN RETURN false; END IF;
  PERFORM app.journal_write(v_site, 'user:' || v_user, 'grant.objected', 'privacy_accessgrant', p_grant::text,
    jsonb_build_object('grant', p_grant));
  RETURN true;
END $$;
ALTER FUNCTION app.object_to_grant(bigint, text) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.object_to_grant(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.object_to_grant(bigint, text) TO comm100_app;

-- The grant in the signed context, if it is this staff member's and holds now; no row otherwise.
CREATE OR REPLACE FUNCTION app.held_grant() RETURNS SETOF privacy_accessgrant
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT * FROM privacy_accessgrant WHERE id = app.grant_id() AND staff_id = app.staff_id()
    AND ended_at IS NULL AND active_from IS NOT NULL AND expires_at > clock_timestamp() $$;
ALTER FUNCTION app.held_grant() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.held_grant() FROM PUBLIC;

-- What the staff policies ask, once a statement: which site, and which of its records were declared
-- in the last five minutes by an earlier transaction. A row that is visible here and was not written
-- by this transaction is committed; `xid` is the top one, so a savepoint does not hide it.
CREATE OR REPLACE FUNCTION app.granted_site() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT site_id FROM app.held_grant() $$;
ALTER FUNCTION app.granted_site() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.granted_site() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.granted_site() TO comm100_staff;

CREATE OR REPLACE FUNCTION app.declared(p_table text) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT v.object_id::bigint FROM app.held_grant() held JOIN core_journalentry v
    ON v.site_id = held.site_id AND v.grant_id = held.id AND v.object_table = p_table
  WHERE v.action = 'record.view' AND v.actor = 'staff:' || held.staff_id
    AND v.at > clock_timestamp() - interval '5 minutes'
    AND v.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint $$;
ALTER FUNCTION app.declared(text) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.declared(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.declared(text) TO comm100_staff;
