-- what ana sees of gold.calendar
SELECT "date_day" AS "date_day"
FROM "gold"."calendar";

-- what ana sees of gold.customers
SELECT LEFT(SHA256($key || "customer_key"), 32) AS "customer_key", CASE WHEN "email" LIKE '_%@_%._%' AND "email" NOT LIKE '% %' AND "email" NOT LIKE '%@%@%' THEN LEFT("email", 1) || '***@' || SPLIT_PART("email", '@', 2) WHEN "email" IS NOT NULL THEN '***' END AS "email", CAST(NULL AS date) AS "birth_date", "country" AS "country", "net_revenue" AS "net_revenue"
FROM "gold"."customers"
WHERE "country" IN ('AT', 'DE');

-- what erin sees of silver.events
SELECT "event_key" AS "event_key", "note" AS "note", "happened_at" AS "happened_at"
FROM "silver"."events";

-- what erin sees of gold.calendar
SELECT "date_day" AS "date_day"
FROM "gold"."calendar";

-- what erin sees of gold.customers
SELECT "customer_key" AS "customer_key", "email" AS "email", "birth_date" AS "birth_date", "country" AS "country", "net_revenue" AS "net_revenue"
FROM "gold"."customers";

-- what noor sees of gold.calendar
SELECT "date_day" AS "date_day"
FROM "gold"."calendar";

-- what noor sees of gold.customers
SELECT LEFT(SHA256($key || "customer_key"), 32) AS "customer_key", CASE WHEN "email" LIKE '_%@_%._%' AND "email" NOT LIKE '% %' AND "email" NOT LIKE '%@%@%' THEN LEFT("email", 1) || '***@' || SPLIT_PART("email", '@', 2) WHEN "email" IS NOT NULL THEN '***' END AS "email", CAST(NULL AS date) AS "birth_date", "country" AS "country", "net_revenue" AS "net_revenue"
FROM "gold"."customers"
WHERE FALSE;

-- what sam sees of silver.events
SELECT "event_key" AS "event_key", CASE WHEN "note" IS NOT NULL THEN '***' END AS "note", "happened_at" AS "happened_at"
FROM "silver"."events";

-- what sam sees of gold.calendar
SELECT "date_day" AS "date_day"
FROM "gold"."calendar";

-- what sam sees of gold.customers
SELECT LEFT(SHA256($key || "customer_key"), 32) AS "customer_key", LEFT(SHA256($key || "email"), 32) AS "email", CAST(DATE_TRUNC('year', "birth_date") AS DATE) AS "birth_date", "country" AS "country", "net_revenue" AS "net_revenue"
FROM "gold"."customers";
