import Hummingbird
import Kernel
import Web

/// `/maps/base.json`: the boundaries that maps draw under their layers, a GeoJSON FeatureCollection in WGS84 whose features carry `properties.name`.
package struct MapRoutes: Sendable {
    private let base: [UInt8]

    package init(base: [UInt8] = Array(#"{"type":"FeatureCollection","features":[]}"#.utf8)) { self.base = base }

    package func add(to routes: Routes) {
        let base = base
        routes.get("/maps/base.json", permission: .signedIn) { _, _ in .bytes(base, contentType: "application/geo+json", cacheSeconds: 3600) }
    }
}
