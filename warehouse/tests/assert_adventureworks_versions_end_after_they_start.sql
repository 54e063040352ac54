{{ config(severity='warn', enabled='adventureworks' in var('systems')) }}

-- The source's own valid_to lies before its valid_from on every closed version; we use valid_from alone, and say so here.
select
    product_id,
    valid_from,
    valid_to_as_shipped
from {{ source('adventureworks', 'product_versions') }}
where valid_to_as_shipped <= valid_from
