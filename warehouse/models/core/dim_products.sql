{{ dimension('products', 'product', kind='catalogued') }}
