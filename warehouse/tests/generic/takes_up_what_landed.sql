{#
    Bronze to silver: every row that landed since the last complete build is in its entity's current rows, or was followed by one that is no
    older; and where it is the newest, with the same amounts. In one row: keys that are missing, keys that are older than what landed, and by how much
    the amounts of the newest differ.
#}
{% test takes_up_what_landed(model, entity, key, amounts=[]) %}
with landed as (
    select * from {{ ref('int_' ~ entity ~ '__unioned') }}
    where is_new
    qualify row_number() over (partition by {{ key }} order by observed_at desc, batch_id desc, batch_position desc) = 1
),

compared as (
    select
        count(*) as keys_landed,
        count(case when current_rows.recorded_at is null then 1 end) as keys_missing,
        count(case when current_rows.observed_at < landed.observed_at then 1 end) as keys_older
        {%- for amount in amounts %},
        coalesce(sum(case when current_rows.recorded_at = landed.recorded_at then current_rows.{{ amount }} - landed.{{ amount }} end), 0)
            as {{ amount }}_difference
        {%- endfor %}
    from landed
    left join {{ model }} as current_rows
        on {% for column in key.split(', ') %}landed.{{ column }} = current_rows.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where {% for column in key.split(', ') %}landed.{{ column }} is not null{{ ' and ' if not loop.last }}{% endfor %}
)

select *
from compared
where keys_missing > 0 or keys_older > 0 {% for amount in amounts %} or {{ amount }}_difference <> 0 {% endfor %}
{% endtest %}
