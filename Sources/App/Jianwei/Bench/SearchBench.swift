import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import MobileSources
import Search
import Storage

/// The search box over very many vehicles: a plate, a plate with one wrong character, a rare and a common word, by who sees everything and by who sees one county.
struct SearchBench {
    struct Result {
        var rows: Int
        /// Rows a second while the index is built.
        var built: Double
        /// What was asked, and the milliseconds of its 99th percentile.
        var asked: [(title: String, p99: Double)]
    }

    private static let asks = 200

    /// - Parameter directory: empty.
    static func run(_ directory: String, rows: Int, logger: Logger) async throws -> Result {
        let installation = try await Installation.open(directory, logger: logger)
        let search = installation.platform.search
        let plates = (0..<rows).map(plate)
        try await fill(installation, plates)
        let began = Clock.system.now
        try await search.settle()
        let built = Double(rows) / max(Clock.system.now.seconds(since: began), 0.001)
        let city = Principal(kind: .user, id: 1, login: "bench", name: "测试", organisation: 2, area: "1301", permissions: ["*"], scope: .everything)
        let county = Principal(kind: .user, id: 2, login: "bench2", name: "测试", organisation: 3, area: "130102", permissions: ["*.read"], scope: .areas(["130102"]))
        var asked: [(title: String, p99: Double)] = []
        for (who, principal) in [("city", city), ("county", county)] {
            let own = principal.scope == .everything ? plates : plates.enumerated().filter { $0.offset % 20 == 0 }.map(\.element)
            let questions: [(String, (Int) -> String)] = [
                ("plate", { own[($0 * 7919) % own.count] }), ("plate, one wrong character", { wrong(own[($0 * 104_729) % own.count]) }),
                ("rare word", { "解放牌CA\(1000 + $0 % 50 * 20)" }),
                ("common word", { _ in "解放" }), ("nothing", { "没有的东西\($0)" }),
            ]
            for (title, text) in questions {
                var times: [Double] = []
                for index in 0..<asks {
                    let typed = text(index)
                    let start = Clock.system.now
                    let answer = try await installation.database.read { try search.search(typed, by: principal, in: $0) }
                    times.append(Clock.system.now.seconds(since: start) * 1000)
                    guard title == "nothing" ? answer.count == 0 : answer.count > 0 else {
                        throw Failure(.unexpected, "JW-B080", "“\(typed)”应能找到：\(title)", cause: "\(answer.count)")
                    }
                }
                asked.append(("\(title), \(who)", times.sorted()[asks * 99 / 100]))
            }
        }
        await installation.database.close()
        return Result(rows: rows, built: built, asked: asked)
    }

    private static func fill(_ installation: Installation, _ plates: [String]) async throws {
        let counties = try await installation.database.read {
            try $0.rows("SELECT id, area FROM organisations WHERE kind = 'county' ORDER BY area LIMIT 20").map { ($0[0].int ?? 0, $0[1].text ?? "") }
        }
        let columns = [
            "org", "area", "version", "created_at", "created_by", "updated_at", "updated_by", "plate_no", "plate_color", "vin", "model", "fuel", "emission_stage", "filing_state",
        ]
        let now = Clock.system.now
        for start in stride(from: 0, to: plates.count, by: 20_000) {
            let part = (start..<min(start + 20_000, plates.count)).map { index -> [SQLValue] in
                let (org, area) = counties.isEmpty ? (1, "130102") : counties[index % counties.count]
                let digits = String(100_000_000 + index)
                return [
                    .int(org), .text(index % 20 == 0 ? "130102" : area == "130102" ? "130104" : area), .int(1), now.sqlValue, .int(0), now.sqlValue, .int(0), .text(plates[index]),
                    .text("1"),
                    .text("LFWSRXRJ" + digits), .text("解放牌CA\(1000 + index % 4000)"), .text("B"), .text("5"), .text("approved"),
                ]
            }
            try await installation.database.write { try $0.insertMany(into: RegisteredVehicle.ledger.tableName, columns: columns, rows: part) }
        }
    }

    /// All plates of six cities in an order that looks like none; each once, since the step has no divisor in common with their number.
    private static func plate(_ index: Int) -> String {
        let signs = Array("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"), letters = Array("ABCDEF")
        var rest = index * 100_000_007 % (letters.count * 45_435_424)
        var text = "冀" + String(letters[rest % letters.count])
        rest /= letters.count
        for _ in 0..<5 {
            text.append(signs[rest % signs.count])
            rest /= signs.count
        }
        return text
    }

    private static func wrong(_ plate: String) -> String { String(plate.prefix(4)) + (plate.hasSuffix("7") ? "3" : "7") + String(plate.dropFirst(5)) }
}
