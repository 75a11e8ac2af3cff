import Kernel
import Web

/// Something on a map.
package struct MapFeature: Sendable {
    package enum Shape: Sendable {
        case point(Coordinate)
        case line([Coordinate])
        case area(Area)
    }

    /// Stable, so that live events can move or recolour it.
    package var id: String
    package var shape: Shape
    package var title: String
    package var tone: Tone
    /// Shown on click.
    package var popup: Markup
    /// Where the popup's title leads.
    package var path: String?

    package init(_ id: String, _ shape: Shape, title: String, tone: Tone = .info, popup: Markup = .empty, path: String? = nil) {
        self.id = id
        self.shape = shape
        self.title = title
        self.tone = tone
        self.popup = popup
        self.path = path
    }
}

/// Features that are switched on and off together.
package struct MapLayer: Sendable {
    package var title: String
    package var features: [MapFeature]
    package var isShown: Bool

    package init(_ title: String, _ features: [MapFeature], isShown: Bool = true) {
        self.title = title
        self.features = features
        self.isShown = isShown
    }
}

/// A map: boundaries on a quiet ground (tiles when the site has a tile server), layers, popups, and the same things as a list for those who cannot see or click it.
///
/// A live JSON event on `topic` of the form `{"id", "lng", "lat", "tone", "title"}` moves, recolours or adds a point.
package struct MapView: Rendered {
    package enum Height: String, Sendable { case small, medium, large, full }

    package var id: String
    package var title: String
    package var layers: [MapLayer]
    package var height: Height
    package var topic: String?
    /// GeoJSON of boundaries to draw under the layers, such as `/maps/base.json`; nil: none.
    package var base: String?
    private let tiles: String
    private let datum: Datum

    package init(id: String, _ title: String, layers: [MapLayer], height: Height = .medium, topic: String? = nil, base: String? = "/maps/base.json", context: WebContext) {
        self.id = id
        self.title = title
        self.layers = layers
        self.height = height
        self.topic = topic
        self.base = base
        tiles = context.site.settings.tileURL
        datum = tiles.isEmpty ? .wgs84 : Datum(rawValue: context.site.settings.tileDatum) ?? .wgs84
    }

    package var markup: Markup {
        let count = layers.reduce(0) { $0 + $1.features.count }
        let list: Markup =
            count == 0 ? .empty : "<details class=\"map-list\"><summary>\(Language.say("看列表", "Show as list"))（\(count)）</summary><div>\(layers.map(lines))</div></details>"
        return """
            <figure class="map map-\(height.rawValue)" id="\(id)" data-map="\(json.text)"\(Markup.attribute("data-live-json", topic))><div class="map-canvas" role="application" aria-label="\(title)"></div>\
            \(list)</figure>
            """
    }

    private func lines(_ layer: MapLayer) -> Markup {
        guard !layer.features.isEmpty else { return .empty }
        let items = layer.features.prefix(500).map { feature -> Markup in
            let name: Markup = feature.path.map { "<a href=\"\($0)\">\(feature.title)</a>" } ?? "\(feature.title)"
            return "<li><span class=\"dot tone-\(feature.tone.rawValue)\"></span>\(name)</li>"
        }
        return "<h3>\(layer.title)</h3><ul>\(items)</ul>"
    }

    private var json: JSONValue {
        [
            "base": JSONValue(base), "tiles": .string(tiles),
            "layers": .array(layers.map { layer in ["title": .string(layer.title), "shown": .bool(layer.isShown), "features": .array(layer.features.map(value))] }),
        ]
    }

    private func value(_ feature: MapFeature) -> JSONValue {
        let shape: (String, JSONValue) =
            switch feature.shape {
            case .point(let place): ("point", pair(place))
            case .line(let places): ("line", .array(places.map(pair)))
            case .area(let area): ("area", .array(area.outline.map(pair)))
            }
        return [
            "id": .string(feature.id), "kind": .string(shape.0), "at": shape.1, "title": .string(feature.title), "tone": .string(feature.tone.rawValue),
            "popup": .string(feature.popup.html), "path": JSONValue(feature.path),
        ]
    }

    /// Latitude first, as the client's library wants it, in the tiles' datum.
    private func pair(_ place: Coordinate) -> JSONValue {
        let shown = place.converted(from: .wgs84, to: datum)
        return [.double((shown.latitude * 1e6).rounded() / 1e6), .double((shown.longitude * 1e6).rounded() / 1e6)]
    }
}
