{# Observations to versions: half-open intervals [observed_from, valid_to), no gap, no overlap, what changes nothing folded away. #}
{% macro versions(observations, key) -%}
    select
        * exclude (is_touched, previous_hash, observed_at),
        observed_at as observed_from,
        lead(observed_at) over (partition by {{ key }} order by observed_at) as valid_to,
        row_number() over (partition by {{ key }} order by observed_at) as version_number
    from (
        select
            *,
            lag(version_hash) over (partition by {{ key }} order by observed_at) as previous_hash
        from {{ observations }}
    )
    where previous_hash is null or previous_hash <> version_hash
{%- endmacro %}
