import Alarms
import Identity
import Kernel
import Ledgers
import Messages
import Schedules
import Storage
import Synchronization
import Web

/// Figures from ledgers and roll-ups: questions, saved charts, dashboards, designed reports, their schedules and documents. Every answer is within the asker's permissions and data scope.
package final class ReportEngine: Sendable {
    package let database: any Database
    package let ledgers: LedgerEngine
    package let alarms: AlarmEngine
    package let identity: IdentityEngine
    package let messages: MessageEngine
    package let blobs: any BlobStore
    package let tasks: LongTasks
    package let clock: Clock
    /// For questions that somebody waits for.
    package let gate = ReportGate(places: 4, placesOfOne: 2, waiting: 200)
    /// For files that take an office program or many rows.
    package let press = ReportGate(places: 1, placesOfOne: 1, waiting: 30)
    private let registered = Mutex<[ReportSource]>([])
    private let shipped = Mutex<[ReportItemDraft]>([])
    private let feeds = Mutex<[ReportFeed]>([])
    private let papers = Mutex<[PaperSource]>([])
    private let pictureFace = Mutex<PictureCardFace?>(nil)
    private let cache: AnswerCache

    /// A card must have answered after this time.
    package static let cardLimit: Duration = .seconds(6)
    /// What somebody put together on purpose may take longer.
    package static let pageLimit: Duration = .seconds(12)

    package init(
        database: any Database, ledgers: LedgerEngine, alarms: AlarmEngine, identity: IdentityEngine, messages: MessageEngine, blobs: any BlobStore, tasks: LongTasks, clock: Clock
    ) {
        self.database = database
        self.ledgers = ledgers
        self.alarms = alarms
        self.identity = identity
        self.messages = messages
        self.blobs = blobs
        self.tasks = tasks
        self.clock = clock
        cache = AnswerCache(seconds: 10, clock: clock)
        registered.withLock { $0.append(AlarmReportSource.make(alarms, names: ReportEngine.organisationNames)) }
    }

    /// Adds a domain's roll-up; before anything is served.
    package func register(_ source: ReportSource) { registered.withLock { $0.append(source) } }

    /// Adds what a domain ships: charts, dashboards, templates; written to the database at the first start that knows them.
    package func ship(_ draft: ReportItemDraft) { shipped.withLock { $0.append(draft) } }

    /// Adds a live feed that a dashboard may show.
    package func register(_ feed: ReportFeed) { feeds.withLock { $0.append(feed) } }

    /// Adds what papers can be printed about.
    package func register(_ paper: PaperSource) { papers.withLock { $0.append(paper) } }

    /// Adds live pictures as a kind of card.
    package func register(_ face: PictureCardFace) { pictureFace.withLock { $0 = face } }

    var pictures: PictureCardFace? { pictureFace.withLock { $0 } }

    /// Whose live pictures this person may put on a card.
    func pictureChoices(for principal: Principal, in reader: any Reader) throws -> [Choice] {
        guard let pictures, principal.may(pictures.permission) else { return [] }
        return try pictures.choices(principal, reader)
    }

    func paperSource(_ name: String) -> PaperSource? { papers.withLock { $0.first { $0.name == name } } }

    package func feeds(for principal: Principal) -> [ReportFeed] { feeds.withLock { $0 }.filter { principal.may($0.permission) } }

    var shippedItems: [ReportItemDraft] { shipped.withLock { $0 } }

    /// What this person may ask, roll-ups first, then ledgers as they are declared.
    package func sources(for principal: Principal) -> [ReportSource] {
        (registered.withLock { $0 } + ledgers.declarations.map { LedgerSource.make($0, on: ledgers) }).filter { $0.mayBeAsked(by: principal) }
    }

    /// - Returns: nil when there is no such source; permission is asked with the question.
    package func source(_ name: String) -> ReportSource? {
        if let own = registered.withLock({ $0.first { $0.name == name } }) { return own }
        guard name.hasPrefix("ledger."), let ledger = ledgers.declaration(String(name.dropFirst(7))) else { return nil }
        return LedgerSource.make(ledger, on: ledgers)
    }

    /// Roll-ups and ledgers by name or Chinese title, as templates write them.
    func source(written word: String) -> ReportSource? {
        if let own = source(word) { return own }
        if let own = registered.withLock({ $0.first { $0.title == word } }) { return own }
        return ledgers.declarations.first { $0.title == word || $0.name == word }.map { LedgerSource.make($0, on: ledgers) }
    }

    // MARK: Asking

    /// In a snapshot the caller holds, which bounds the time.
    package func ask(_ question: ReportQuestion, by principal: Principal, today: Day? = nil, in reader: any Reader) throws -> ReportTable {
        guard let source = source(question.source) else { throw Failure.notFound("统计主题“\(question.source)”") }
        return try ReportAsking(question: question, source: source, principal: principal, today: today ?? clock.today).answer(reader)
    }

    /// Bounded in time, in how many ask at once, and in groups.
    ///
    /// - Throws: `.invalid` with every wrong name; `.forbidden`; `JW-R001`, `JW-R002`.
    package func ask(_ question: ReportQuestion, by principal: Principal, within limit: Duration = ReportEngine.pageLimit) async throws -> ReportTable {
        try await gate.run(for: principal.id, within: limit) { [self] in
            do {
                return try await database.read(within: limit) { reader in try self.ask(question, by: principal, in: reader) }
            } catch let failure as Failure where failure.code == "JW-S004" {
                throw ReportGate.late
            }
        }
    }

    /// As `ask`, but an answer of the last seconds to the same question under the same rights will do.
    package func askForCard(_ question: ReportQuestion, by principal: Principal) async throws -> ReportTable {
        let key = AnswerCache.Key(
            question: question.json.text, scope: "\(principal.scope)", area: principal.area ?? "", permissions: principal.permissions, withheld: principal.withheld,
            day: clock.today.number)
        if let known = cache[key] { return known }
        let table = try await ask(question, by: principal, within: ReportEngine.cardLimit)
        cache.keep(table, for: key)
        return table
    }

    static func organisationNames(_ ids: Set<Int64>, _ reader: any Reader) throws -> [Int64: String] {
        var names: [Int64: String] = [:]
        let all = Array(ids)
        for start in stride(from: 0, to: all.count, by: 500) {
            for row in try reader.rows("SELECT id, name FROM organisations WHERE id IN (\(list: Array(all[start..<min(start + 500, all.count)])))") {
                if let id = row[0].int { names[id] = row[1].text ?? "" }
            }
        }
        return names
    }
}

/// A topic of live pages that a dashboard may show, with what it shows before anything happens.
package struct ReportFeed: Sendable {
    package var topic: String
    package var title: String
    package var permission: String
    /// List items that stand there before anything happens, newest first, within the reader's scope.
    package var recent: @Sendable (_ count: Int, Principal) async throws -> [Markup]

    package init(_ topic: String, _ title: String, permission: String, recent: @escaping @Sendable (Int, Principal) async throws -> [Markup] = { _, _ in [] }) {
        self.recent = recent
        self.topic = topic
        self.title = title
        self.permission = permission
    }
}
