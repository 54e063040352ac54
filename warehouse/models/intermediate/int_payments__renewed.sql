{{ config(materialized='table') }}

-- The orders whose payments a build counts anew: the touched ones, and those of a pending attempt, which fails by and by.
select order_key from {{ ref('int_orders__touched') }}
union
select order_key from {{ ref('fact_payments') }}
where status = 'pending'
