import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Logging
import Messages
import NIOCore
import Schedules
import Storage
import Synchronization
import TestDatabases
import Testing
import Web

/// An engine on a database of its own, with a gateway that fails when told and a clock that moves only when told.
final class MessageHouse: Sendable {
    let database: any Database
    let engine: MessageEngine
    let now = Mutex(Moment(parsing: "2026-11-23 10:00:00") ?? Moment(milliseconds: 0))
    /// Keys that the gateway accepted, in order, repeats included.
    let accepted = Mutex<[String]>([])
    /// Attempts the gateway still refuses.
    let refusals = Mutex(0)

    static let kinds = [
        MessageKind("alarm", "报警", template: "【见微】{title}，{text}，{unknown}", channels: ["sms"]), MessageKind("work", "待办"),
        MessageKind("daily", "日报", channels: ["sms"], isQuiet: true), MessageKind(MessageEngine.noticeKind, "通知"),
        MessagePages.applicationKind, MessageKind("gas", "气体报警", template: "{text}", channels: ["push"], isQuiet: false), MessageEngine.pushKind,
    ]

    init() async throws {
        let database = try await TestDatabase.make()
        self.database = database
        let held = Held()
        let clock = Clock { held.house?.now.withLock { $0 } ?? Moment(milliseconds: 0) }
        let sms = MessageChannel("sms", "短信", to: .phone) { message in
            guard let house = held.house else { return nil }
            let refuses = house.refusals.withLock { left in
                guard left > 0 else { return false }
                left -= 1
                return true
            }
            if refuses { throw Failure(.unavailable, "JW-MS02", "短信网关未接受", cause: "503") }
            house.accepted.withLock { $0.append("\(message.key) \(message.address) \(message.text)") }
            return "ok"
        }
        engine = MessageEngine(
            kinds: Self.kinds, channels: [MessageEngine.pushChannel, sms], database: database, outbox: Outbox(clock: clock), hub: LiveHub(clock: clock), clock: clock)
        try await database.create(IdentityTables.all + MessageTables.all + Outbox.tables)
        try await database.write { tx in
            for (id, phone) in [(1, "13800000001"), (2, "13800000002"), (3, "")] {
                try tx.execute(
                    """
                    INSERT INTO users (id, login, name, phone, organisation, area, password_hash, password_changed_at, must_change, state, failed_count, created_at, updated_at)
                    VALUES (\(Int64(id)), \("u\(id)"), \("用户\(id)"), \(phone), 1, '', '', 0, 0, 'active', 0, 0, 0)
                    """)
            }
        }
        held.set(self)
    }

    /// Lets closures reach the house that is still being built.
    final class Held: Sendable {
        private let value = Mutex<MessageHouse?>(nil)
        var house: MessageHouse? { value.withLock { $0 } }
        func set(_ house: MessageHouse) { value.withLock { $0 = house } }
    }

    var worker: OutboxWorker {
        var logger = Logger(label: "messages")
        logger.logLevel = .critical
        return OutboxWorker(
            Outbox(clock: clock), on: database, handlers: engine.handlers, clock: clock,
            waker: Waker { _ in throw CancellationError() }, logger: logger)
    }

    var clock: Clock { Clock { [self] in now.withLock { $0 } } }
    func pass(seconds: Int64) { now.withLock { $0 = $0.adding(seconds: seconds) } }

    @discardableResult
    func post(_ draft: MessageDraft) async throws -> Int64? { try await database.write { [engine] in try engine.post(draft, in: $0) } }
    func deliveries() async throws -> [String] {
        try await database.read { try $0.rows("SELECT state, attempts FROM message_deliveries ORDER BY id").map { "\($0.text("state") ?? "") \($0.int("attempts") ?? 0)" } }
    }
    static func principal(_ id: Int64) -> Principal { Principal(kind: .user, id: id, login: "u\(id)", name: "用户\(id)", permissions: ["*"], scope: .everything) }
}

@Suite("消息引擎")
struct MessageTests {
    @Test func saidOnceToEachInAppAndBySMS() async throws {
        let house = try await MessageHouse()
        let draft = MessageDraft("alarm", grade: .urgent, title: "超标车辆", text: "冀A12345", path: "/alarms/1", users: [1, 2, 2, 3], dedupe: "alarm 1")
        #expect(try await house.post(draft) == 1)
        #expect(try await house.post(draft) == nil, "同一件事只说一次")
        for id in [Int64(1), 3] {
            let count = try await house.database.read { try house.engine.unread(of: MessageHouse.principal(id), in: $0) }
            #expect(count == 1)
        }
        try await house.worker.drain()
        #expect(house.accepted.withLock { $0.sorted() } == ["jianwei-1 13800000001 【见微】超标车辆，冀A12345，{unknown}", "jianwei-2 13800000002 【见微】超标车辆，冀A12345，{unknown}"])
        #expect(try await house.deliveries() == ["sent 1", "sent 1"])
        try await house.worker.drain()
        #expect(house.accepted.withLock { $0.count } == 2)
    }

    @Test func whatFailsToCommitIsNotSaid() async throws {
        let house = try await MessageHouse()
        let engine = house.engine
        _ = try? await house.database.write { tx in
            try engine.post(MessageDraft("alarm", title: "a", text: "b", users: [1]), in: tx)
            throw Failure(.invalid, "T", "refused")
        }
        try await house.worker.drain()
        #expect(house.accepted.withLock { $0 } == [])
        #expect(try await house.deliveries() == [])
    }

    @Test func flakyGatewayIsTriedAgainAndMarked() async throws {
        let house = try await MessageHouse()
        house.refusals.withLock { $0 = 2 }
        try await house.post(MessageDraft("alarm", grade: .urgent, title: "a", text: "b", users: [1]))
        try await house.worker.drain()
        #expect(try await house.deliveries() == ["waiting 1"])
        for _ in 0..<4 {
            house.pass(seconds: 5)
            try await house.worker.drain()
        }
        #expect(try await house.deliveries() == ["sent 3"])
        #expect(house.accepted.withLock { $0.count } == 1)
    }

    @Test func deadDeliveriesAreShownAndMayBeRetried() async throws {
        let house = try await MessageHouse()
        house.refusals.withLock { $0 = 12 }
        try await house.post(MessageDraft("alarm", grade: .urgent, title: "a", text: "b", users: [1]))
        for _ in 0..<14 {
            try await house.worker.drain()
            house.pass(seconds: 700)
        }
        #expect(try await house.deliveries() == ["dead 12"])
        let engine = house.engine
        try await house.database.write { try engine.retry(1, by: MessageHouse.principal(1), in: $0) }
        try await house.worker.drain()
        #expect(try await house.deliveries() == ["sent 13"])
    }

    /// The process dies after the gateway accepted and before the mark: it is sent again under the same key, and marked once.
    @Test func crashBetweenSendingAndMarking() async throws {
        let house = try await MessageHouse()
        try await house.post(MessageDraft("alarm", grade: .urgent, title: "a", text: "b", users: [1]))
        house.accepted.withLock { $0.append("jianwei-1 13800000001 【见微】a，b，{unknown}") }
        try await house.worker.drain()
        #expect(Set(house.accepted.withLock { $0 }).count == 1, "网关凭同一编号去重")
        #expect(try await house.deliveries() == ["sent 1"])
        // Marked, but the outbox row still waits: it is not sent again.
        try await house.database.write { _ = try $0.execute("UPDATE outbox SET done_at = NULL") }
        try await house.worker.drain()
        #expect(house.accepted.withLock { $0.count } == 2)
    }

    @Test func quietHoursWaitForTheMorning() async throws {
        let house = try await MessageHouse()
        house.now.withLock { $0 = Moment(parsing: "2026-11-23 23:10:00") ?? $0 }
        try await house.post(MessageDraft("daily", title: "日报", text: "…", users: [1]))
        try await house.post(MessageDraft("alarm", grade: .urgent, title: "紧急", text: "…", users: [2]))
        try await house.worker.drain()
        #expect(try await house.deliveries() == ["waiting 0", "sent 1"])
        house.now.withLock { $0 = Moment(parsing: "2026-11-24 08:00:01") ?? $0 }
        try await house.worker.drain()
        #expect(try await house.deliveries() == ["sent 1", "sent 1"])
    }

    @Test func rulesChangeTemplateAndSwitchOff() async throws {
        let house = try await MessageHouse()
        let engine = house.engine
        var kind = try #require(engine.kind("alarm"))
        kind.template = "{title}!"
        let changed = kind
        try await house.database.write { try engine.keep(changed, by: MessageHouse.principal(1), in: $0) }
        try await house.post(MessageDraft("alarm", grade: .urgent, title: "a", text: "b", users: [1]))
        try await house.worker.drain()
        #expect(house.accepted.withLock { $0.sorted() } == ["jianwei-1 13800000001 a!"])
        kind.isOn = false
        let off = kind
        try await house.database.write { try engine.keep(off, by: MessageHouse.principal(1), in: $0) }
        #expect(try await house.post(MessageDraft("alarm", title: "a", text: "b", users: [1])) == nil)
    }

    @Test func readByOneIsUnreadForTheOther() async throws {
        let house = try await MessageHouse()
        let engine = house.engine
        let id = try #require(try await house.post(MessageDraft("work", title: "待办", text: "请办理", users: [1, 2])))
        try await house.database.write { try engine.markRead([id], by: MessageHouse.principal(1), in: $0) }
        var query = InboxQuery()
        query.isUnread = true
        let asked = query
        let (first, second, receipts) = try await house.database.read { reader in
            (
                try engine.inbox(asked, of: MessageHouse.principal(1), in: reader).count, try engine.inbox(asked, of: MessageHouse.principal(2), in: reader).count,
                try engine.receipts(of: id, in: reader).read
            )
        }
        #expect(first == 0)
        #expect(second == 1)
        #expect(receipts == 1)
    }

    @Test func gatewayIsADeclaration() async throws {
        let gateway = try SMSGateway(json: ["url": "http://127.0.0.1/sms", "body": #"{"to":"{phone}","msg":"{text}","sn":"{key}"}"#, "success": "\"code\":0"])
        let seen = Mutex<[String]>([])
        let channel = gateway.channel { url, _, body in
            seen.withLock { $0.append(url + " " + String(decoding: body, as: UTF8.self)) }
            return (200, Array((seen.withLock { $0.count } == 1 ? #"{"code":0}"# : #"{"code":7}"#).utf8))
        }
        let message = OutgoingMessage(key: "jianwei-1", address: "13800000001", title: "a", text: "引号\"换行\n", at: Moment(milliseconds: 0))
        _ = try await channel.send(message)
        #expect(seen.withLock { $0.first } == #"http://127.0.0.1/sms {"to":"13800000001","msg":"引号\"换行\n","sn":"jianwei-1"}"#)
        var refusal: String?
        do { _ = try await channel.send(message) } catch let failure as Failure { refusal = failure.code }
        #expect(refusal == "JW-MS02")
    }
}
