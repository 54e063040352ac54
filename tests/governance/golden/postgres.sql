CREATE ROLE gov_loader NOLOGIN;
CREATE ROLE gov_reader NOLOGIN;
CREATE ROLE "data_engineer" NOLOGIN;
CREATE ROLE "data_scientist" NOLOGIN;
CREATE ROLE "data_analyst" NOLOGIN;
CREATE ROLE "ana" LOGIN IN ROLE "data_analyst";
CREATE ROLE "erin" LOGIN IN ROLE "data_engineer";
CREATE ROLE "noor" LOGIN IN ROLE "data_analyst";
CREATE ROLE "sam" LOGIN IN ROLE "data_scientist";
REVOKE ALL ON DATABASE "shop" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
DO $close$ DECLARE found regprocedure; BEGIN FOR found IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN ('lo_create', 'lo_creat', 'lo_from_bytea', 'lo_import', 'lo_export', 'lo_open', 'lo_put', 'lo_unlink', 'lo_truncate', 'lo_truncate64', 'lowrite', 'pg_logical_emit_message', 'pg_export_snapshot', 'pg_notify', 'pg_create_restore_point') LOOP EXECUTE 'REVOKE ALL ON FUNCTION ' || found || ' FROM PUBLIC'; END LOOP; END $close$;
CREATE SCHEMA IF NOT EXISTS "_silver" AUTHORIZATION gov_loader;
CREATE SCHEMA IF NOT EXISTS "silver" AUTHORIZATION gov_reader;
GRANT USAGE ON SCHEMA "_silver" TO gov_reader;
CREATE SCHEMA IF NOT EXISTS "_gold" AUTHORIZATION gov_loader;
CREATE SCHEMA IF NOT EXISTS "gold" AUTHORIZATION gov_reader;
GRANT USAGE ON SCHEMA "_gold" TO gov_reader;
CREATE SCHEMA IF NOT EXISTS _gov AUTHORIZATION gov_loader;
GRANT USAGE ON SCHEMA _gov TO gov_reader;
CREATE TABLE IF NOT EXISTS _gov.entitlements (user_name text NOT NULL, country text NOT NULL, PRIMARY KEY (user_name, country));
CREATE TABLE IF NOT EXISTS _gov.pseudonyms (key text NOT NULL);
CREATE TABLE IF NOT EXISTS _gov.applied (name text PRIMARY KEY, said text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS _gov.published (path text PRIMARY KEY, digest text NOT NULL, rows bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());
ALTER TABLE _gov.entitlements OWNER TO gov_loader;
ALTER TABLE _gov.entitlements ENABLE ROW LEVEL SECURITY;
ALTER TABLE _gov.entitlements FORCE ROW LEVEL SECURITY;
ALTER TABLE _gov.pseudonyms OWNER TO gov_loader;
ALTER TABLE _gov.pseudonyms ENABLE ROW LEVEL SECURITY;
ALTER TABLE _gov.pseudonyms FORCE ROW LEVEL SECURITY;
ALTER TABLE _gov.applied OWNER TO gov_loader;
ALTER TABLE _gov.applied ENABLE ROW LEVEL SECURITY;
ALTER TABLE _gov.applied FORCE ROW LEVEL SECURITY;
ALTER TABLE _gov.published OWNER TO gov_loader;
ALTER TABLE _gov.published ENABLE ROW LEVEL SECURITY;
ALTER TABLE _gov.published FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own ON _gov.entitlements;
CREATE POLICY own ON _gov.entitlements FOR SELECT TO gov_reader USING (user_name = session_user);
GRANT SELECT ON _gov.entitlements TO gov_reader;
DROP POLICY IF EXISTS key ON _gov.pseudonyms;
CREATE POLICY key ON _gov.pseudonyms FOR SELECT TO gov_reader USING (true);
GRANT SELECT ON _gov.pseudonyms TO gov_reader;
GRANT USAGE ON SCHEMA "silver" TO "data_engineer";
GRANT USAGE ON SCHEMA "gold" TO "data_engineer";
GRANT USAGE ON SCHEMA "silver" TO "data_scientist";
GRANT USAGE ON SCHEMA "gold" TO "data_scientist";
GRANT USAGE ON SCHEMA "gold" TO "data_analyst";
DELETE FROM _gov.entitlements;
INSERT INTO _gov.entitlements (user_name, country) VALUES ('ana', 'AT'), ('ana', 'DE');
GRANT CONNECT ON DATABASE "shop" TO "data_engineer";
GRANT CONNECT ON DATABASE "shop" TO "data_scientist";
GRANT CONNECT ON DATABASE "shop" TO "data_analyst";
CREATE TABLE "_silver"."events" ("event_key" text, "note" text, "happened_at" timestamp);
ALTER TABLE "_silver"."events" OWNER TO gov_loader;
CREATE INDEX ON "_silver"."events" ("event_key");
CREATE OR REPLACE VIEW "silver"."events" WITH (security_barrier) AS SELECT
  "event_key" AS "event_key",
  CASE WHEN (SELECT pg_has_role(session_user, 'data_engineer', 'MEMBER')) THEN "note" WHEN (SELECT pg_has_role(session_user, 'data_scientist', 'MEMBER')) THEN CASE WHEN "note" IS NOT NULL THEN '***' END END AS "note",
  "happened_at" AS "happened_at"
FROM "_silver"."events";
ALTER VIEW "silver"."events" OWNER TO gov_reader;
GRANT SELECT ON "silver"."events" TO "data_engineer", "data_scientist";
ALTER TABLE "_silver"."events" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "_silver"."events" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS rows ON "_silver"."events";
CREATE POLICY rows ON "_silver"."events" FOR SELECT TO gov_reader USING ((SELECT pg_has_role(session_user, 'data_engineer', 'MEMBER') OR pg_has_role(session_user, 'data_scientist', 'MEMBER')));
GRANT SELECT ON "_silver"."events" TO gov_reader;
CREATE TABLE "_gold"."calendar" ("date_day" date);
ALTER TABLE "_gold"."calendar" OWNER TO gov_loader;
CREATE INDEX ON "_gold"."calendar" ("date_day");
CREATE OR REPLACE VIEW "gold"."calendar" WITH (security_barrier) AS SELECT
  "date_day" AS "date_day"
FROM "_gold"."calendar";
ALTER VIEW "gold"."calendar" OWNER TO gov_reader;
GRANT SELECT ON "gold"."calendar" TO "data_engineer", "data_scientist", "data_analyst";
ALTER TABLE "_gold"."calendar" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "_gold"."calendar" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS rows ON "_gold"."calendar";
CREATE POLICY rows ON "_gold"."calendar" FOR SELECT TO gov_reader USING (true);
GRANT SELECT ON "_gold"."calendar" TO gov_reader;
CREATE TABLE "_gold"."customers" ("customer_key" text, "email" text, "birth_date" date, "country" text, "net_revenue" numeric(18,4));
ALTER TABLE "_gold"."customers" OWNER TO gov_loader;
CREATE INDEX ON "_gold"."customers" ("country");
CREATE OR REPLACE VIEW "gold"."customers" WITH (security_barrier) AS SELECT
  CASE WHEN (SELECT pg_has_role(session_user, 'data_engineer', 'MEMBER')) THEN "customer_key" WHEN (SELECT pg_has_role(session_user, 'data_scientist', 'MEMBER') OR pg_has_role(session_user, 'data_analyst', 'MEMBER')) THEN LEFT(ENCODE(SHA256(CONVERT_TO((SELECT secret.key FROM _gov.pseudonyms AS secret) || "customer_key", 'UTF8')), 'hex'), 32) END AS "customer_key",
  CASE WHEN (SELECT pg_has_role(session_user, 'data_engineer', 'MEMBER')) THEN "email" WHEN (SELECT pg_has_role(session_user, 'data_scientist', 'MEMBER')) THEN LEFT(ENCODE(SHA256(CONVERT_TO((SELECT secret.key FROM _gov.pseudonyms AS secret) || "email", 'UTF8')), 'hex'), 32) WHEN (SELECT pg_has_role(session_user, 'data_analyst', 'MEMBER')) THEN CASE WHEN "email" LIKE '_%@_%._%' AND "email" NOT LIKE '% %' AND "email" NOT LIKE '%@%@%' THEN LEFT("email", 1) || '***@' || SPLIT_PART("email", '@', 2) WHEN "email" IS NOT NULL THEN '***' END END AS "email",
  CASE WHEN (SELECT pg_has_role(session_user, 'data_engineer', 'MEMBER')) THEN "birth_date" WHEN (SELECT pg_has_role(session_user, 'data_scientist', 'MEMBER')) THEN CAST(DATE_TRUNC('year', "birth_date") AS DATE) WHEN (SELECT pg_has_role(session_user, 'data_analyst', 'MEMBER')) THEN CAST(NULL AS date) END AS "birth_date",
  "country" AS "country",
  "net_revenue" AS "net_revenue"
FROM "_gold"."customers";
ALTER VIEW "gold"."customers" OWNER TO gov_reader;
GRANT SELECT ON "gold"."customers" TO "data_engineer", "data_scientist", "data_analyst";
ALTER TABLE "_gold"."customers" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "_gold"."customers" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS rows ON "_gold"."customers";
CREATE POLICY rows ON "_gold"."customers" FOR SELECT TO gov_reader USING ((SELECT pg_has_role(session_user, 'data_engineer', 'MEMBER') OR pg_has_role(session_user, 'data_scientist', 'MEMBER')) OR "country" IN (SELECT mine.country FROM _gov.entitlements AS mine WHERE mine.user_name = session_user));
GRANT SELECT ON "_gold"."customers" TO gov_reader;
