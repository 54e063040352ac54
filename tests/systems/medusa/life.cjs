// A small shop that lives three days in Medusa itself: its migrations make the tables, its own workflows write every row.
//
// make_fixture.py runs this where npm has put Medusa's modules. What stands in first.sql and second.sql is therefore what Medusa writes,
// and not what we believe it writes. The script says "snapshot NAME" or "day N" on stdout and goes on when it gets a line on stdin.
const readline = require("readline")
const sdk = require("@medusajs/framework/modules-sdk")
const { asValue } = require("@medusajs/framework/awilix")
const { createMedusaContainer, createPgConnection, ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")

const PACKAGES = {
  order: "order", product: "product", customer: "customer", payment: "payment", fulfillment: "fulfillment", pricing: "pricing", region: "region",
  sales_channel: "sales-channel", currency: "currency", store: "store", cart: "cart", tax: "tax", promotion: "promotion", inventory: "inventory",
  stock_location: "stock-location", api_key: "api-key", user: "user", notification: "notification", workflows: "workflow-engine-inmemory",
  event_bus: "event-bus-local", locking: "locking", cache: "cache-inmemory",
}
const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const ask = async (words) => { process.stdout.write(`\n@ ${words}\n`); await answers.next() }

async function started(clientUrl) {
  const database = { clientUrl, schema: "public", driverOptions: { connection: { ssl: false } } }
  const modulesConfig = {}
  for (const [key, name] of Object.entries(PACKAGES)) modulesConfig[key] = { resolve: `@medusajs/${name}`, options: { database, jwt_secret: "x" } }
  modulesConfig.fulfillment.options.providers = [{ resolve: "@medusajs/fulfillment-manual", id: "manual" }]
  const connection = createPgConnection({ clientUrl, schema: "public", driverOptions: database.driverOptions })
  const parts = { modulesConfig, sharedResourcesConfig: { database }, injectedDependencies: { [ContainerRegistrationKeys.PG_CONNECTION]: connection }, linkModules: [] }
  await sdk.MedusaAppMigrateUp(parts)
  const planner = await sdk.MedusaAppGetLinksExecutionPlanner(parts)
  await planner.executePlan(await planner.createPlan())
  sdk.MedusaModule.clearInstances()
  const container = createMedusaContainer({}, undefined)
  container.register({
    logger: asValue(console), configModule: asValue({ projectConfig: {}, featureFlags: {} }), featureFlagRouter: asValue({ isFeatureEnabled: () => false }),
    [ContainerRegistrationKeys.PG_CONNECTION]: asValue(connection),
  })
  const app = await sdk.MedusaApp({ ...parts, sharedContainer: container })
  container.register({
    [ContainerRegistrationKeys.LINK]: asValue(app.link), [ContainerRegistrationKeys.REMOTE_LINK]: asValue(app.link),
    [ContainerRegistrationKeys.QUERY]: asValue(app.query), [ContainerRegistrationKeys.REMOTE_QUERY]: asValue(app.query),
  })
  for (const [name, service] of Object.entries(app.modules)) container.register({ [service.__definition ? service.__definition.key : name]: asValue(service) })
  await app.onApplicationStart()
  return { app, container }
}

async function main() {
  const { app, container } = await started(process.env.DATABASE_URL)
  const flows = require("@medusajs/core-flows")
  let days = 0
  const nextDay = async () => { days += 1; await ask(`day ${days}`) }
  const snapshot = async (name) => ask(`snapshot ${name}`)
  await ask("day 0")
  const run = async (wf, input) => (await wf(container).run({ input })).result
  const orders = container.resolve(Modules.ORDER), query = app.query

  // the shop
  const [web, market] = await run(flows.createSalesChannelsWorkflow, { salesChannelsData: [{ name: "Web" }, { name: "Market stall" }] })
  await container.resolve(Modules.PRICING).createPricePreferences([{ attribute: "currency_code", value: "eur", is_tax_inclusive: true }, { attribute: "currency_code", value: "gbp", is_tax_inclusive: false }])
  const [europe, britain] = await run(flows.createRegionsWorkflow, { regions: [
    { name: "Europe", currency_code: "eur", countries: ["de", "at"], payment_providers: ["pp_system_default"], is_tax_inclusive: true },
    { name: "Britain", currency_code: "gbp", countries: ["gb"], payment_providers: ["pp_system_default"], is_tax_inclusive: false },
  ] })
  await run(flows.createTaxRegionsWorkflow, [
    { country_code: "de", provider_id: "tp_system", default_tax_rate: { name: "MwSt", code: "MWST", rate: 19 } },
    { country_code: "at", provider_id: "tp_system", default_tax_rate: { name: "USt", code: "UST", rate: 20 } },
    { country_code: "gb", provider_id: "tp_system", default_tax_rate: { name: "VAT", code: "VAT", rate: 20 } },
  ])
  const [location] = await run(flows.createStockLocationsWorkflow, { locations: [{ name: "Cellar", address: { address_1: "Hof 1", country_code: "de" } }] })
  await container.resolve("link").create({ [Modules.STOCK_LOCATION]: { stock_location_id: location.id }, [Modules.FULFILLMENT]: { fulfillment_provider_id: "manual_manual" } })
  const [profile] = await run(flows.createShippingProfilesWorkflow, { data: [{ name: "Default", type: "default" }] })
  const set = await container.resolve(Modules.FULFILLMENT).createFulfillmentSets({ name: "Post", type: "shipping", service_zones: [{ name: "All", geo_zones: ["de", "at", "gb"].map((c) => ({ type: "country", country_code: c })) }] })
  await container.resolve("link").create({ [Modules.STOCK_LOCATION]: { stock_location_id: location.id }, [Modules.FULFILLMENT]: { fulfillment_set_id: set.id } })
  await run(flows.linkSalesChannelsToStockLocationWorkflow, { id: location.id, add: [web.id, market.id] })
  const [parcel, free] = await run(flows.createShippingOptionsWorkflow, [{ name: "Parcel", price_type: "flat", provider_id: "manual_manual", service_zone_id: set.service_zones[0].id, shipping_profile_id: profile.id,
    type: { label: "Parcel", description: "three days", code: "parcel" }, prices: [{ currency_code: "eur", amount: 4.9 }, { currency_code: "gbp", amount: 5 }] },
    { name: "Return", price_type: "flat", provider_id: "manual_manual", service_zone_id: set.service_zones[0].id, shipping_profile_id: profile.id, rules: [{ attribute: "is_return", operator: "eq", value: "true" }],
      type: { label: "Return", description: "back", code: "return" }, prices: [{ currency_code: "eur", amount: 0 }, { currency_code: "gbp", amount: 0 }] }])
  const products = await run(flows.createProductsWorkflow, { products: [
    { title: "Shirt", status: "published", shipping_profile_id: profile.id, options: [{ title: "Size", values: ["S", "M"] }], sales_channels: [{ id: web.id }, { id: market.id }], variants: [
      { title: "S", sku: "SHIRT-S", manage_inventory: false, options: { Size: "S" }, prices: [{ currency_code: "eur", amount: 19.9 }, { currency_code: "gbp", amount: 15 }] },
      { title: "M", sku: "SHIRT-M", manage_inventory: false, options: { Size: "M" }, prices: [{ currency_code: "eur", amount: 19.9 }, { currency_code: "gbp", amount: 15 }] } ] },
    { title: "Mug", status: "published", shipping_profile_id: profile.id, options: [{ title: "Default", values: ["Default"] }], sales_channels: [{ id: web.id }, { id: market.id }], variants: [
      { title: "Default", sku: "MUG", manage_inventory: false, options: { Default: "Default" }, prices: [{ currency_code: "eur", amount: 8.33 }, { currency_code: "gbp", amount: 7.49 }] } ] },
    { title: "Old poster", status: "published", shipping_profile_id: profile.id, options: [{ title: "Default", values: ["Default"] }], sales_channels: [{ id: web.id }], variants: [
      { title: "Default", sku: "POSTER", manage_inventory: false, options: { Default: "Default" }, prices: [{ currency_code: "eur", amount: 12 }] } ] },
  ] })
  const variants = Object.fromEntries(products.flatMap((p) => p.variants).map((v) => [v.sku, v.id]))
  await run(flows.createPromotionsWorkflow, { promotionsData: [{ code: "spring10", type: "standard", status: "active", is_automatic: false, application_method: { type: "percentage", value: 10, target_type: "items", allocation: "across", currency_code: "eur" } }] })
  const [anna, ben] = await run(flows.createCustomersWorkflow, { customersData: [
    { email: "anna@example.com", first_name: "Anna", last_name: "Adler", phone: "+49 30 123", has_account: true },
    { email: "ben@example.co.uk", first_name: "Ben", last_name: "Baker", has_account: true } ] })
  const [home] = await run(flows.createCustomerAddressesWorkflow, { addresses: [{ customer_id: anna.id, first_name: "Anna", last_name: "Adler", address_1: "Lindenweg 1", city: "Berlin", postal_code: "10115", country_code: "de", is_default_shipping: true, is_default_billing: true }] })
  const ADDRESS = { de: { first_name: "Anna", last_name: "Adler", address_1: "Lindenweg 1", city: "Berlin", postal_code: "10115", country_code: "de" },
    gb: { first_name: "Ben", last_name: "Baker", address_1: "5 High Street", city: "Leeds", postal_code: "LS1 1AA", country_code: "gb" },
    at: { first_name: "Gast", last_name: "Huber", address_1: "Ring 3", city: "Wien", postal_code: "1010", country_code: "at" } }

  const checkout = async (email, country, items, { channel = web, customer, code, shipping = true } = {}) => {
    const cart = await run(flows.createCartWorkflow, { region_id: (country === "gb" ? britain : europe).id, email, customer_id: customer?.id, sales_channel_id: channel.id, shipping_address: ADDRESS[country], billing_address: ADDRESS[country],
      items: items.map(([sku, quantity]) => ({ variant_id: variants[sku], quantity })) })
    if (code) await run(flows.updateCartPromotionsWorkflow, { cart_id: cart.id, promo_codes: [code], action: "add" })
    if (shipping) await run(flows.addShippingMethodToCartWorkflow, { cart_id: cart.id, options: [{ id: parcel.id }] })
    await run(flows.createPaymentCollectionForCartWorkflow, { cart_id: cart.id })
    const { data: [found] } = await query.graph({ entity: "cart", fields: ["payment_collection.id"], filters: { id: cart.id } })
    await run(flows.createPaymentSessionsWorkflow, { payment_collection_id: found.payment_collection.id, provider_id: "pp_system_default" })
    const { id } = await run(flows.completeCartWorkflow, { id: cart.id })
    return id
  }
  const whole = async (id) => (await query.graph({ entity: "order", fields: ["id", "status", "total", "subtotal", "tax_total", "discount_total", "shipping_total", "display_id", "items.*", "items.detail.*", "payment_collections.payments.*", "fulfillments.*", "summary.*", "credit_lines.*"], filters: { id } })).data[0]
  const paid = async (id) => { const o = await whole(id); await run(flows.capturePaymentWorkflow, { payment_id: o.payment_collections[0].payments[0].id }) }
  const refund = async (id, amount, note) => { const o = await whole(id); await run(flows.refundPaymentWorkflow, { payment_id: o.payment_collections[0].payments[0].id, amount, note }) }
  const fulfil = async (id) => { const o = await whole(id)
    const f = await run(flows.createOrderFulfillmentWorkflow, { order_id: id, location_id: location.id, items: o.items.map((i) => ({ id: i.id, quantity: i.quantity })) })
    return f.id }
  const ship = async (id, fulfillment) => { const o = await whole(id)
    await run(flows.createOrderShipmentWorkflow, { order_id: id, fulfillment_id: fulfillment, items: o.items.map((i) => ({ id: i.id, quantity: i.quantity })), labels: [{ tracking_number: "T-" + o.display_id, tracking_url: "", label_url: "" }] }) }
  const delivered = async (id, fulfillment) => run(flows.markOrderFulfillmentAsDeliveredWorkflow, { orderId: id, fulfillmentId: fulfillment })
  const edit = async (id, changes, added = []) => { const o = await whole(id)
    await run(flows.beginOrderEditOrderWorkflow, { order_id: id })
    for (const [sku, quantity] of changes) await run(flows.orderEditUpdateItemQuantityWorkflow, { order_id: id, items: [{ id: o.items.find((i) => i.variant_sku === sku).id, quantity }] })
    if (added.length) await run(flows.orderEditAddNewItemWorkflow, { order_id: id, items: added.map(([sku, quantity]) => ({ variant_id: variants[sku], quantity })) })
    await run(flows.requestOrderEditRequestWorkflow, { order_id: id })
    await run(flows.confirmOrderEditRequestWorkflow, { order_id: id, confirmed_by: "admin" }) }
  const back = async (id, items) => { const o = await whole(id)
    const lines = items.map(([sku, quantity]) => ({ id: o.items.find((i) => i.variant_sku === sku).id, quantity }))
    const change = await run(flows.beginReturnOrderWorkflow, { order_id: id, location_id: location.id })
    const return_id = change.return_id
    await run(flows.requestItemReturnWorkflow, { return_id, items: lines })
    await run(flows.confirmReturnRequestWorkflow, { return_id })
    await run(flows.beginReceiveReturnWorkflow, { return_id })
    await run(flows.receiveItemReturnRequestWorkflow, { return_id, items: lines })
    await run(flows.confirmReturnReceiveWorkflow, { return_id }) }
  const cancel = async (id) => run(flows.cancelOrderWorkflow, { order_id: id, canceled_by: "admin" })

  // first day
  const one = await checkout("anna@example.com", "de", [["SHIRT-S", 2], ["MUG", 1]], { customer: anna })
  await paid(one)
  const two = await checkout("ben@example.co.uk", "gb", [["MUG", 3]], { customer: ben })
  const three = await checkout("gast@example.at", "at", [["POSTER", 1], ["MUG", 2]], { code: "spring10" })
  await paid(three)
  await nextDay()
  // second day
  await paid(two)
  const f1 = await fulfil(one); await ship(one, f1)
  const four = await checkout("anna@example.com", "de", [["SHIRT-M", 1]], { customer: anna, channel: market })
  await paid(four); await cancel(four)
  const five = await checkout("ben@example.co.uk", "gb", [["SHIRT-S", 1], ["MUG", 1]], { customer: ben })
  await cancel(five)
  await run(flows.createOrderWorkflow, { region_id: europe.id, email: "draft@example.com", sales_channel_id: web.id, currency_code: "eur", status: "draft", is_draft_order: true, shipping_address: ADDRESS.de, items: [{ variant_id: variants.MUG, quantity: 5 }] })
  const six = await checkout("gast@example.at", "at", [["SHIRT-M", 3]], {})
  await paid(six)
  await snapshot("first")
  await nextDay()
  // third day: it lives on
  await delivered(one, f1)
  await back(one, [["SHIRT-S", 1]]); await refund(one, 19.9, "too small")
  await refund(three, 2.5, "goodwill")
  await refund(three, 1.5, "and again")
  await edit(two, [["MUG", 2]], [["SHIRT-S", 1]])
  await edit(six, [["SHIRT-M", 2]]); await refund(six, 19.9, "one less")
  await run(flows.updateCustomersWorkflow, { selector: { id: anna.id }, update: { phone: "+49 30 999" } })
  await run(flows.updateCustomerAddressesWorkflow, { selector: { id: home.id }, update: { address_1: "Seestr. 7", city: "Potsdam", postal_code: "14467" } })
  await run(flows.deleteProductsWorkflow, { ids: [products.find((p) => p.title === "Old poster").id] })
  await run(flows.updateProductsWorkflow, { selector: { id: products.find((p) => p.title === "Mug").id }, update: { title: "Blue mug" } })
  const seven = await checkout("anna@example.com", "de", [["MUG", 1]], { customer: anna, code: "spring10" })
  await paid(seven)
  await orders.softDeleteOrders([five])
  await snapshot("second")
  process.exit(0)
}

main().catch((error) => { console.error(error); process.exit(1) })
