{#
    The rows of `relation` and one column more: what falls on each row when `total` is spread over its partition by `weight`, in whole
    minor units, so that the shares add up to the total exactly. Largest remainder; ties go to the row that `order_by` puts first.
    Whole numbers all the way: no float comes near an amount.

    total, weight, currency: columns of `relation`, total and currency the same on all rows of a partition, weights not negative.
    A total that is no whole number of minor units (a rounding of the source's) is spread in ten-thousandths instead.
#}
{% macro spread(relation, total, weight, currency, partition_by, order_by, share) -%}
    (
        select
            * exclude (power_of_ten, _per_unit, _total, _weight, _weights, _whole, _rest),
            cast(
                (_whole + case
                    when row_number() over (partition by {{ partition_by }} order by _rest desc, {{ order_by }})
                        <= _total - sum(_whole) over (partition by {{ partition_by }})
                        then 1
                    else 0
                end) * (10000 / _per_unit) as decimal(18, 0)
            ) * cast(0.0001 as decimal(4, 4)) as {{ share }}
        from (
            select
                *,
                {{ whole_quotient('_total * _weight', '_weights') }} as _whole,
                mod(_total * _weight, _weights) as _rest
            from (
                select
                    * exclude (_plain_weight),
                    {{ whole_number(total ~ ' * _per_unit') }} as _total,
                    case when sum(_plain_weight) over (partition by {{ partition_by }}) = 0 then 1 else _plain_weight end as _weight,
                    case
                        when sum(_plain_weight) over (partition by {{ partition_by }}) = 0
                            then count(*) over (partition by {{ partition_by }})
                        else sum(_plain_weight) over (partition by {{ partition_by }})
                    end as _weights
                from (
                    select
                        *,
                        {{ whole_number(weight ~ ' * 10000') }} as _plain_weight,
                        case
                            when {{ total }} * power_of_ten = floor({{ total }} * power_of_ten) then power_of_ten
                            else 10000
                        end as _per_unit
                    from (
                        select
                            *,
                            case {{ minor_digits(currency) }} when 0 then 1 when 3 then 1000 else 100 end as power_of_ten
                        from {{ relation }}
                    )
                )
            )
        )
    )
{%- endmacro %}


{% macro whole_number(expression) -%}
    {{ return(adapter.dispatch('whole_number', 'fondaco')(expression)) }}
{%- endmacro %}

{% macro duckdb__whole_number(expression) -%}
    cast({{ expression }} as hugeint)
{%- endmacro %}

{% macro snowflake__whole_number(expression) -%}
    cast({{ expression }} as number(38, 0))
{%- endmacro %}


{% macro whole_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_quotient', 'fondaco')(dividend, divisor)) }}
{%- endmacro %}

{% macro duckdb__whole_quotient(dividend, divisor) -%}
    ({{ dividend }}) // {{ divisor }}
{%- endmacro %}

{% macro snowflake__whole_quotient(dividend, divisor) -%}
    round((({{ dividend }}) - mod({{ dividend }}, {{ divisor }})) / {{ divisor }})
{%- endmacro %}
