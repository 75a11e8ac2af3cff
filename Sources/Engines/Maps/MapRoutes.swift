import Foundation
import Hummingbird
import Kernel
import Web

/// `/maps/base.json`: the boundaries that maps draw under their layers, a GeoJSON FeatureCollection in WGS84 whose features carry `properties.name`.
package struct MapRoutes: Sendable {
    private let base: [UInt8]

    package init(base: [UInt8] = Array(#"{"type":"FeatureCollection","features":[]}"#.utf8)) { self.base = base }

    /// The boundaries of one installation: `maps/base.geojson` in its data directory, `sketch` when the file is absent.
    ///
    /// - Throws: `.invalid` `JW-M001` when the file is not a GeoJSON FeatureCollection, so that the operator learns it at start.
    package init(dataDirectory: String, otherwise sketch: [UInt8]) throws {
        let path = dataDirectory + "/maps/base.geojson"
        guard FileManager.default.fileExists(atPath: path) else {
            self.init(base: sketch)
            return
        }
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        guard let value = try? JSONValue(parsing: bytes), value["type"]?.string == "FeatureCollection", value["features"]?.array != nil else {
            throw Failure(.invalid, "JW-M001", "地图底图文件 maps/base.geojson 不是 GeoJSON 要素集合", cause: path)
        }
        self.init(base: bytes)
    }

    package func add(to routes: Routes) {
        let base = base
        routes.get("/maps/base.json", permission: .signedIn) { _, _ in .bytes(base, contentType: "application/geo+json", cacheSeconds: 3600) }
    }
}
