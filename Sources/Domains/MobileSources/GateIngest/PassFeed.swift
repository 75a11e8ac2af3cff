import Foundation
import Kernel
import Storage
import Synchronization

/// The latest passes in memory, for the live page and the workbench. Bounded; when passes come faster than a person can read, the page shows every so many.
package final class PassFeed: Sendable {
    /// What a live row shows.
    package struct Item: Sendable, Codable {
        package var id: Int64
        package var org: Int64
        package var area: String
        package var enterprise: String
        package var gate: String
        package var plate: String
        package var color: PlateColor
        package var direction: String
        package var stage: EmissionStage
        package var verdict: String
        package var findings: [String]
        package var passedAt: Moment
        package var headPhoto: String?
        package var bodyPhoto: String?
        package var barrierAction: String
        package var cargo: String?
    }

    private struct State {
        var recent: [Item] = []
        var total: Int64 = 0
        var lastShown = Moment(milliseconds: 0)
    }

    private let state = Mutex(State())
    private let show = Mutex<(@Sendable (Item) -> Void)?>(nil)
    private let clock: Clock
    package static let kept = 200
    /// Passes of one request that other nodes hear of.
    private static let told = 20
    /// At most one live row in this many milliseconds.
    private static let pace: Int64 = 150

    package init(clock: Clock) { self.clock = clock }

    /// Where live rows go; set once at start.
    package func onShow(_ action: @escaping @Sendable (Item) -> Void) { show.withLock { $0 = action } }

    package var total: Int64 { state.withLock { $0.total } }

    /// Newest first.
    package func recent(_ count: Int, where admits: (Item) -> Bool) -> [Item] { state.withLock { Array($0.recent.reversed().lazy.filter(admits).prefix(count)) } }

    /// What nodes tell each other of passes: a JSON array of items, those that could be shown.
    package static let signal = "pass"

    /// Shows passes here and on the other nodes once their transaction is durable.
    func publish(_ passes: [StoredPass], after tx: any Transaction) throws {
        guard !passes.isEmpty else { return }
        // Only where there may be other nodes: a pass comes thousands of times a second.
        if tx.dialect == .postgres {
            let items = passes.suffix(PassFeed.told).map(Item.init)
            tx.signal(PassFeed.signal, String(decoding: try JSONEncoder().encode(items), as: UTF8.self))
        }
        tx.afterCommit { [self] in publish(passes.suffix(PassFeed.kept).map(Item.init), total: passes.count) }
    }

    /// Shows what another node tells; what cannot be read is not shown.
    package func hear(_ body: String) {
        guard let items = try? JSONDecoder().decode([Item].self, from: Data(body.utf8)) else { return }
        publish(items, total: items.count)
    }

    private func publish(_ items: [Item], total: Int) {
        let now = clock.now
        let shown: Item? = state.withLock { state in
            state.total += Int64(total)
            state.recent.append(contentsOf: items)
            if state.recent.count > PassFeed.kept { state.recent.removeFirst(state.recent.count - PassFeed.kept) }
            guard now.milliseconds - state.lastShown.milliseconds >= PassFeed.pace else { return nil }
            state.lastShown = now
            return items.last
        }
        if let shown { show.withLock { $0 }?(shown) }
    }
}

extension PassFeed.Item {
    init(_ pass: StoredPass) {
        self.init(
            id: pass.id, org: pass.site.org, area: pass.site.county, enterprise: pass.site.name, gate: pass.gateName, plate: pass.input.plate.text, color: pass.input.plateColor,
            direction: pass.input.direction, stage: pass.facts.stage, verdict: pass.verdict.rawValue, findings: pass.findings.map(\.message), passedAt: pass.input.passedAt,
            headPhoto: pass.input.headPhoto, bodyPhoto: pass.input.bodyPhoto, barrierAction: pass.input.barrierAction, cargo: pass.input.cargoName)
    }
}

extension PlateColor: Codable {}
extension EmissionStage: Codable {}
