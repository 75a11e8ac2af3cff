import Features
import Identity
import Kernel
import Ledgers
import Reports
import Storage
import VideoSurveillance

/// Cameras of the demonstration: of six enterprises' gates, tank farms and loading places, and two of the city's own; their pictures are drawn by ffmpeg and name themselves. All marked 演示.
struct DemoCameras: Sendable {
    let platform: Platform
    private static let writer = Principal.system("演示城市")
    private static let marker = "demoCameras"

    private struct Spot {
        var title: String, scene: String, kind: String, plant: String, zone: String, place: String, points: String
    }

    private static let spots = [
        Spot(title: "1号门", scene: "gate", kind: "plate", plant: "门禁", zone: "厂界", place: "1号门", points: ""),
        Spot(title: "反应釜区", scene: "plant", kind: "dome", plant: "合成装置（演示）", zone: "工艺区", place: "合成装置东侧", points: "1"),
        Spot(title: "液氯储罐区", scene: "tank", kind: "bullet", plant: "液氯储罐区（演示）", zone: "罐区", place: "液氯储罐区西南角", points: "2"),
        Spot(title: "装卸站", scene: "loading", kind: "bullet", plant: "装卸站（演示）", zone: "装卸区", place: "装卸站", points: "3"),
    ]
    private static let suffixes = ["1": ["GT1", "TI1", "PI1", "LI1", "FI1"], "2": ["GT2", "AT1", "LI1"], "3": ["GT1", "PI1"]]

    func install() async throws {
        let marker = Self.marker
        guard try await platform.database.read({ try $0.first("SELECT 1 FROM video_settings WHERE name = \(marker)") }) == nil else { return }
        let (sites, city) = try await platform.database.read { reader in
            (
                try reader.rows(
                    "SELECT o.id, o.name, e.location_lng AS lng, e.location_lat AS lat FROM organisations o JOIN enterprise e ON e.org = o.id WHERE o.kind = 'enterprise' AND e.deleted_at IS NULL ORDER BY o.id LIMIT 6"
                ).map { (id: $0.int("id") ?? 0, name: $0.text("name") ?? "", lng: $0.double("lng") ?? 114.5, lat: $0.double("lat") ?? 38.04) },
                try reader.first("SELECT organisation FROM users WHERE login = 'city'")?.int("organisation")
            )
        }
        try await platform.database.write { [self] tx in
            var number = 0
            for (index, site) in sites.enumerated() {
                for spot in Self.spots.prefix(index < 2 ? 4 : 2) {
                    number += 1
                    try install(spot, site: index, org: site.id, name: site.name, at: (site.lng, site.lat), number: number, in: tx)
                }
            }
            if let city {
                for title in ["园区东路卡口", "园区高空瞭望"] {
                    number += 1
                    let spot = Spot(
                        title: title, scene: "public", kind: title.hasSuffix("瞭望") ? "highPoint" : "plate", plant: "公共区域", zone: "园区道路", place: title, points: "")
                    try install(spot, site: 9, org: city, name: "", at: (114.66, 38.05), number: number, in: tx)
                }
            }
            try tx.execute("INSERT INTO video_settings (name, value) VALUES (\(marker), '1') ON CONFLICT (name) DO NOTHING")
        }
    }

    private func install(_ spot: Spot, site: Int, org: Int64, name: String, at place: (Double, Double), number: Int, in tx: any Transaction) throws {
        let points = (Self.suffixes[spot.points] ?? []).map { "S\(site + 1)-\(spot.points)01-\($0)" }
        var values: [String: JSONValue] = [
            "number": .string("YS-CAM-\(number < 10 ? "0" : "")\(number)"), "name": .string("\(spot.title)（演示）"), "deviceName": .string("演示摄像机\(number)"),
            "kind": .string(spot.kind),
            "scene": .string(spot.scene), "source": "demo", "plant": .string(spot.plant), "zone": .string(spot.zone), "place": .string(spot.place),
            "position": .string("\(place.0 + Double(number % 4) * 0.0006),\(place.1 + Double(number % 3) * 0.0005)"), "address": .string("demo://\(number)"),
            "enabledOn": "2024-05-01",
        ]
        if !points.isEmpty { values["points"] = .string(points.joined(separator: "、")) }
        _ = try platform.ledgers.create(Camera.ledger.name, Draft(values, org: org), by: Self.writer, origin: .program, in: tx)
    }
}
