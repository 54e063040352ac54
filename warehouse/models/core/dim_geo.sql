-- every country of ISO 3166-1, and every code beside them that customers, resellers or orders carry: those are shown as not listed
with listed as (
    select * from {{ ref('countries') }}
),

named as (
    select distinct country from {{ ref('fact_orders') }}
    union
    select distinct country from {{ ref('dim_customers') }}
    union
    select distinct country from {{ ref('dim_resellers') }}
)

select
    coalesce(listed.country, named.country) as country,
    listed.country_name,
    listed.alpha_3,
    listed.continent,
    coalesce(listed.is_eu, false) as is_eu,
    listed.country is not null as is_listed,
    named.country is not null as is_in_use
from listed
full outer join named on listed.country = named.country
where coalesce(listed.country, named.country) is not null
