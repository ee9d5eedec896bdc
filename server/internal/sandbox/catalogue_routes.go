package sandbox

import "net/http"

// catalogueRoutes are those of products, prices, their legacy view and the test clocks.
var catalogueRoutes = []route{
	{http.MethodPost, "/v1/products", "product", productCreateShape, checkProduct, (*Sandbox).createProduct},
	{http.MethodGet, "/v1/products", "list of product", productListShape, checkList, (*Sandbox).listProducts},
	{http.MethodGet, "/v1/products/{id}", "product", getShape, nil, (*Sandbox).getProduct},
	{http.MethodPost, "/v1/products/{id}", "product", productUpdateShape, checkProduct, (*Sandbox).updateProduct},
	{http.MethodDelete, "/v1/products/{id}", "product", shape{}, nil, (*Sandbox).deleteProduct},
	{http.MethodPost, "/v1/prices", "price", priceCreateShape, checkPrice, (*Sandbox).createPrice},
	{http.MethodGet, "/v1/prices", "list of price", priceListShape, checkList, (*Sandbox).listPrices},
	{http.MethodGet, "/v1/prices/{id}", "price", getShape, nil, (*Sandbox).getPrice},
	{http.MethodPost, "/v1/prices/{id}", "price", priceUpdateShape, nil, (*Sandbox).updatePrice},
	{http.MethodGet, "/v1/plans", "list of plan", planListShape, checkList, (*Sandbox).listPlans},
	{http.MethodGet, "/v1/plans/{id}", "plan", getShape, nil, (*Sandbox).getPlan},
	{
		http.MethodPost, "/v1/test_helpers/test_clocks", "test_helpers.test_clock", clockCreateShape, nil,
		(*Sandbox).createTestClock,
	},
	{
		http.MethodGet, "/v1/test_helpers/test_clocks", "list of test_helpers.test_clock", clockListShape, checkList,
		(*Sandbox).listTestClocks,
	},
	{
		http.MethodGet, "/v1/test_helpers/test_clocks/{id}", "test_helpers.test_clock", getShape, nil,
		(*Sandbox).getTestClock,
	},
	{
		http.MethodDelete, "/v1/test_helpers/test_clocks/{id}", "test_helpers.test_clock",
		shape{},
		nil,
		(*Sandbox).deleteTestClock,
	},
	{
		http.MethodPost, "/v1/test_helpers/test_clocks/{id}/advance", "test_helpers.test_clock", clockAdvanceShape, nil,
		(*Sandbox).advanceTestClock,
	},
}

// Names and lengths: spec3.json at 2023-10-16.
var (
	clockCreateShape = shape{
		expandField, {name: "frozen_time", kind: kindTimestamp, required: true}, {name: "name", max: 300},
	}
	clockAdvanceShape = shape{expandField, {name: "frozen_time", kind: kindTimestamp, required: true}}
	clockListShape    = shape{
		{name: "ending_before", max: 5000},
		expandField,
		{name: "limit", kind: kindInteger},
		{name: "starting_after", max: 5000},
	}
)
