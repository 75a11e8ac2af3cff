import Identity
import Kernel
import Ledgers
import Storage
import Web

/// A-42 on the page of a pass: what the scale said, beside what the gate reported.
struct WeighingCard: Sendable {
    let weighings: [Record]

    /// The weighings joined to a pass; none for who may not read them.
    static func read(pass: Int64, ledgers: LedgerEngine, by principal: Principal, in reader: any Reader) throws -> WeighingCard {
        guard principal.may(MaterialMovement.ledger.readPermission) else { return WeighingCard(weighings: []) }
        let ids = try reader.rows("SELECT id FROM material_movement WHERE pass_id = \(pass) AND deleted_at IS NULL ORDER BY weighed_at LIMIT 10").compactMap { $0[0].int }
        return WeighingCard(weighings: try ids.compactMap { try ledgers.find(MaterialMovement.ledger.name, id: $0, by: principal, in: reader) })
    }

    var markup: Markup {
        guard !weighings.isEmpty else { return .empty }
        return "\(Card("地磅计量", body: .joined(weighings.map(facts))))"
    }

    private func facts(_ weighing: Record) -> Markup {
        func tonnes(_ name: String) -> String { weighing.values[name]?.double.map { "\(Figure.decimal($0, digits: 3)) 吨" } ?? "—" }
        let match = weighing.values["matchState"]?.text.flatMap(WeighingJoin.Match.init) ?? .pending
        let tone: Tone = match == .agrees ? .good : match == .differs ? .orange : .muted
        let at = weighing.values["weighedAt"]?.int.map { Moment(milliseconds: $0) }
        let list = DescriptionList([
            .init("计量时间", "<a href=\"/ledgers/\(MaterialMovement.ledger.name)/\(weighing.id)\">\(at)</a>"), .init("货物", "\(weighing.values["goodsName"]?.text)"),
            .init("毛重 / 皮重", "\(tonnes("grossTonnes")) / \(tonnes("tareTonnes"))"), .init("净重", "<b>\(tonnes("netTonnes"))</b>"), .init("过车上报", "\(tonnes("passTonnes"))"),
            .init("相差", "\(tonnes("differenceTonnes")) \(Badge(match.title, tone))"),
        ])
        return "\(list)"
    }
}
