import Kernel

/// Compares what was recognised with what was allowed. Pure.
package enum EntryRule {
    /// One authorisation of a vehicle at an enterprise.
    package struct Authorisation: Sendable, Equatable {
        package var id: Int64
        /// Empty: every gate.
        package var gates: [String]
        /// Empty: any goods.
        package var cargo: [String]
        /// nil: any driver.
        package var driver: String?
        package var from: Day?
        package var until: Day?

        package init(id: Int64 = 0, gates: [String] = [], cargo: [String] = [], driver: String? = nil, from: Day? = nil, until: Day? = nil) {
            self.id = id
            self.gates = gates
            self.cargo = cargo
            self.driver = driver
            self.from = from
            self.until = until
        }

        func holds(on day: Day) -> Bool { (from.map { $0 <= day } ?? true) && (until.map { day <= $0 } ?? true) }
    }

    /// What cameras, readers and people recognised; nil where nobody looked.
    package struct Seen: Sendable, Equatable {
        package var day: Day
        package var gateNo: String?
        package var driver: String?
        package var cargo: String?

        package init(day: Day, gateNo: String? = nil, driver: String? = nil, cargo: String? = nil) {
            self.day = day
            self.gateNo = gateNo
            self.driver = driver
            self.cargo = cargo
        }
    }

    /// Why the vehicle may not come in; nil when one authorisation covers everything that was seen.
    ///
    /// Of several reasons the one that holds against most: no authorisation, another gate, another driver, other goods.
    package static func doubt(_ authorisations: [Authorisation], _ seen: Seen) -> GatePassRule.Finding? {
        let valid = authorisations.filter { $0.holds(on: seen.day) }
        guard !valid.isEmpty else {
            if let last = authorisations.compactMap(\.until).filter({ $0 < seen.day }).max() { return GatePassRule.Finding(.notAuthorised, "进厂授权已于 \(last.text) 到期") }
            if let first = authorisations.compactMap(\.from).filter({ $0 > seen.day }).min() { return GatePassRule.Finding(.notAuthorised, "进厂授权自 \(first.text) 起有效") }
            return GatePassRule.Finding(.notAuthorised)
        }
        let here = seen.gateNo.map { gateNo in valid.filter { $0.gates.isEmpty || $0.gates.contains(gateNo) } } ?? valid
        guard !here.isEmpty else {
            return GatePassRule.Finding(.notAuthorised, "授权仅限 \(Set(valid.flatMap(\.gates)).sorted().joined(separator: "、")) 号出入口")
        }
        let driven = seen.driver.map { driver in here.filter { $0.driver.map { same($0, driver) } ?? true } } ?? here
        guard !driven.isEmpty else { return GatePassRule.Finding(.driverMismatch) }
        if let cargo = seen.cargo, !cargo.isEmpty, !driven.contains(where: { $0.cargo.isEmpty || $0.cargo.contains { same($0, cargo) } }) {
            let allowed = Array(Set(driven.flatMap(\.cargo))).sorted().joined(separator: "、")
            return GatePassRule.Finding(.cargoMismatch, "货物“\(cargo.prefix(20))”不在授权范围（\(allowed)）")
        }
        return nil
    }

    /// Names as people and readers write them: spaces and case do not count.
    static func same(_ a: String, _ b: String) -> Bool { key(a) == key(b) }

    private static func key(_ text: String) -> String { text.lowercased().filter { !$0.isWhitespace } }

    /// `煤, 焦炭；钢材` as three.
    package static func list(_ text: String?) -> [String] {
        (text ?? "").split { ",，;；、\n".contains($0) }.map { $0.trimmingSpaces }.filter { !$0.isEmpty }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
        return String(self[start..<end])
    }
}
