import Hummingbird

/// Builds a site's router: the edge, the built-in pages, then what the features register.
package enum WebRouter {
    /// - Parameter register: called once with the door to the router.
    package static func make(site: Site, table: RouteTable = RouteTable(), register: (Routes) -> Void) -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: [.autoGenerateHeadEndpoints])
        router.middlewares.add(Edge(site: site, table: table))
        let routes = Routes(router: router, table: table)
        AssetRoutes(assets: site.assets).add(to: routes)
        HealthRoutes().add(to: routes)
        AccountPages().add(to: routes)
        WellKnownRoutes().add(to: routes)
        LiveRoutes().add(to: routes)
        StyleGuide().add(to: routes)
        register(routes)
        return router
    }
}
