{# Versions of a member: half-open, none empty, no gap, no overlap, exactly one current, numbered from 1. #}
{% test versions_fit_together(model, member) %}
with versions as (
    select
        {{ member }},
        valid_from,
        valid_to,
        is_current,
        version_number,
        lead(valid_from) over (partition by {{ member }} order by version_number) as next_from,
        row_number() over (partition by {{ member }} order by valid_from) as expected_number
    from {{ model }}
    where {{ member }} is not null
)

select *
from versions
where
    valid_to is distinct from next_from
    or valid_from >= coalesce(valid_to, timestamp '9999-12-31')
    or is_current <> (next_from is null)
    or version_number <> expected_number
{% endtest %}
