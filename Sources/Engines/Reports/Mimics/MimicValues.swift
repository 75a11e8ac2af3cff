import Alarms
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// What the elements of a mimic say to one person: every value within that person's permissions and data scope. A value that may not be seen or does not come is a dash and holds up nobody.
struct MimicValues: Sendable {
    let engine: ReportEngine

    func values(of mimic: Mimic, by principal: Principal) async -> [String: MimicValue] {
        var values: [String: MimicValue] = [:]
        for element in mimic.elements {
            guard let source = element.source else { continue }
            values[element.id] = await value(source, element, by: principal)
        }
        return values
    }

    private func value(_ source: MimicSource, _ element: MimicElement, by principal: Principal) async -> MimicValue {
        do {
            switch source {
            case .figure(let question): return try await figure(question, element, by: principal)
            case .alarms, .ledger, .reading:
                return try await engine.database.read(within: .seconds(2)) { [engine] reader in try Self.read(source, element, engine, by: principal, in: reader) }
            }
        } catch { return .unknown }
    }

    private func figure(_ question: ReportQuestion, _ element: MimicElement, by principal: Principal) async throws -> MimicValue {
        let table = try await engine.askForCard(question, by: principal)
        guard let number = table.rows.first?.values.first ?? nil, let measure = table.measures.first else { return .unknown }
        return MimicValue(number, table.text(number, 0) + (measure.isPercent || measure.unit.isEmpty ? "" : " \(measure.unit)"), element.tone(of: number))
    }

    private static func read(_ source: MimicSource, _ element: MimicElement, _ engine: ReportEngine, by principal: Principal, in reader: any Reader) throws -> MimicValue {
        switch source {
        case .alarms(let words):
            try principal.require(AlarmPermission.read, "报警：查看")
            let (count, urgency) = try engine.alarms.standing(at: words, by: principal, in: reader)
            let tone: Tone = count == 0 ? .good : urgency <= 1 ? .red : urgency == 2 ? .orange : .yellow
            return MimicValue(Double(count), count == 0 ? "正常" : "报警 \(count)", element.tone(of: Double(count)) ?? tone)
        case .ledger(let name, let filter):
            let count = try engine.ledgers.count(LedgerQuery(ledger: name, parsing: filter), by: principal, in: reader)
            return MimicValue(Double(count), "\(Figure.grouped(count))", element.tone(of: Double(count)))
        case .reading(let subject):
            try principal.require(AlarmPermission.read, "报警：查看")
            guard let (value, unit) = try engine.alarms.latest(of: subject, by: principal, in: reader) else { return .unknown }
            return MimicValue(value, Figure.plain(value) + (unit.isEmpty ? "" : " \(unit)"), element.tone(of: value))
        case .figure: return .unknown
        }
    }
}
