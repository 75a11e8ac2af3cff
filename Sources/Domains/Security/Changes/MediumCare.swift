import Identity
import Kernel
import Ledgers
import Storage

/// D17.8.5: what a move of a medium asks for, and what it changes in the register of media.
enum MediumCare {
    /// Days to the next count where none was planned before.
    private static let usualCount = 90

    static func register(on ledgers: LedgerEngine) {
        ledgers.onPrepare(of: MediumMove.ledger.name) { draft, before, _, tx in
            func text(_ name: String) -> String { draft.values[name]?.string ?? before?.values[name]?.text ?? "" }
            let act = text("act"), person = text("person"), witness = text("witness")
            var findings: [FieldFinding] = []
            if ["repair", "destroy"].contains(act) {
                if witness.isEmpty { findings.append(FieldFinding("witness", "required", "送修、销毁须双人，请填写监督人", title: "监督人")) }
                if !witness.isEmpty, witness == person { findings.append(FieldFinding("witness", "range", "不能与经办人为同一人", title: "监督人")) }
            }
            if before == nil, let medium = number(draft.values["medium"]) { findings += try standing(medium, act, tx) }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
        }
        ledgers.onChange(of: MediumMove.ledger.name) { change, tx in
            guard change.kind == .created, let row = change.after, let medium = row.values["medium"]?.int, let day = row.values["day"]?.int.flatMap({ Day(number: Int($0)) }) else {
                return
            }
            var values: [String: JSONValue] = [:]
            switch row.values["act"]?.text {
            case "count":
                values["countedOn"] = .string(day.text)
                values["countBy"] = .string(day.adding(days: try interval(medium, tx)).text)
            case "destroy": values["destroyedOn"] = .string(day.text)
            default: return
            }
            _ = try ledgers.update(MediumLedger.ledger.name, id: medium, Draft(values), by: .system("介质流转"), in: tx)
        }
    }

    private static func number(_ value: JSONValue?) -> Int64? { value?.int ?? value?.string.flatMap { Int64($0) } }

    /// Lent twice, given back without having been lent, moved after its destruction.
    private static func standing(_ medium: Int64, _ act: String, _ reader: any Reader) throws -> [FieldFinding] {
        if try reader.value("SELECT destroyed_on FROM backup_medium WHERE id = \(medium)")?.int != nil { return [FieldFinding("medium", "range", "该介质已销毁", title: "介质")] }
        let last = try reader.value(
            "SELECT act FROM medium_move WHERE medium = \(medium) AND act IN ('lend', 'return') AND deleted_at IS NULL ORDER BY day DESC, id DESC LIMIT 1")?.text
        if act == "lend", last == "lend" { return [FieldFinding("act", "range", "该介质已借出，尚未归还", title: "事项")] }
        if act == "return", last != "lend" { return [FieldFinding("act", "range", "该介质没有未归还的借阅", title: "事项")] }
        return []
    }

    /// As many days as lay between the last count and the planned one.
    private static func interval(_ medium: Int64, _ reader: any Reader) throws -> Int {
        guard let row = try reader.first("SELECT counted_on, count_by FROM backup_medium WHERE id = \(medium)"), let counted = row.day("counted_on"), let due = row.day("count_by"),
            due > counted
        else { return usualCount }
        return due.daysSince1970 - counted.daysSince1970
    }
}

/// D17.9.4: a weakness is not due, or closed, before it was found, and what is closed says when.
enum WeaknessDates {
    static func register(on ledgers: LedgerEngine) {
        ledgers.onPrepare(of: WeaknessLedger.ledger.name) { draft, before, _, _ in
            func day(_ name: String) -> Day? {
                if let value = draft.values[name] { return value.string.flatMap { Day(parsing: $0) } }
                return before?.values[name]?.int.flatMap { Day(number: Int($0)) }
            }
            let state = draft.values["state"]?.string ?? before?.values["state"]?.text ?? "open"
            var findings: [FieldFinding] = []
            if let found = day("foundOn") {
                if let due = day("dueOn"), due < found { findings.append(FieldFinding("dueOn", "range", "不能早于发现日期", title: "整改期限")) }
                if let closed = day("closedOn"), closed < found { findings.append(FieldFinding("closedOn", "range", "不能早于发现日期", title: "复测日期")) }
            }
            if state == "closed", day("closedOn") == nil { findings.append(FieldFinding("closedOn", "required", "已关闭的弱点须填写复测日期", title: "复测日期")) }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
        }
    }
}
