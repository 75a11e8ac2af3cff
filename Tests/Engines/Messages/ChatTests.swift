import Identity
import Kernel
import Messages
import Schedules
import Storage
import Synchronization
import Testing
import Web

@Suite("D9.16.1 消息聊天")
struct ChatTests {
    /// Three people of one organisation, and what they talk through.
    private func house() async throws -> (MessageHouse, ChatEngine) {
        let house = try await MessageHouse()
        try await house.database.write { tx in
            try tx.execute(
                """
                INSERT INTO organisations (id, parent, kind, code, name, area, path, state, created_at, updated_at) VALUES (1, NULL, 'city', 'a', '石家庄市', '1301', '/1/', 'active', 0, 0)
                """)
        }
        return (house, ChatEngine(database: house.database, hub: LiveHub(clock: house.clock), audit: AuditTrail(clock: house.clock), clock: house.clock))
    }

    @Test("两人会话只有一个；发言、已读、撤回；外人看不到") func pair() async throws {
        let (house, chat) = try await house()
        let (one, two, three) = (MessageHouse.principal(1), MessageHouse.principal(2), MessageHouse.principal(3))
        let room = try await house.database.write { try chat.begin(with: 2, by: one, in: $0) }
        #expect(try await house.database.write { try chat.begin(with: 1, by: two, in: $0) } == room)
        let line = try await house.database.write { try chat.say("到现场了", in: room, by: one, tx: $0) }
        var rooms = try await house.database.read { try chat.rooms(of: two, in: $0) }
        #expect(rooms.map(\.unread) == [1] && rooms.first?.title == "用户1" && rooms.first?.lastText == "到现场了")
        try await house.database.write { try chat.see(room, by: two, in: $0) }
        let members = try await house.database.read { try chat.room(room, of: one, in: $0).members }
        #expect(members.first { $0.user == 2 }?.seen == line)
        rooms = try await house.database.read { try chat.rooms(of: two, in: $0) }
        #expect(rooms.map(\.unread) == [0])
        await #expect(throws: Failure.self) { try await house.database.read { _ = try chat.room(room, of: three, in: $0) } }
        await #expect(throws: Failure.self) { try await house.database.write { _ = try chat.say("我也来", in: room, by: three, tx: $0) } }
        await #expect(throws: Failure.self) { try await house.database.write { try chat.recall(line, of: room, by: two, in: $0) } }
        house.pass(seconds: 60)
        try await house.database.write { try chat.recall(line, of: room, by: one, in: $0) }
        let lines = try await house.database.read { try chat.lines(of: room, in: $0) }
        #expect(lines.map(\.isRecalled) == [true] && lines.first?.text == "")
        let audited = try await house.database.read { try $0.count("SELECT COUNT(*) FROM audit WHERE object_kind = 'chat'") }
        #expect(audited == 3)
    }

    @Test("群：建、改、退、解散；空话与坏链接指出哪一项") func group() async throws {
        let (house, chat) = try await house()
        let (one, two) = (MessageHouse.principal(1), MessageHouse.principal(2))
        let room = try await house.database.write { try chat.make("3号罐区处置", people: [2], subject: "alarm:7", by: one, in: $0) }
        #expect(try await house.database.write { try chat.make("再建", people: [3], subject: "alarm:7", by: one, in: $0) } == room, "同一报警一个群")
        #expect(try await house.database.read { try chat.room(room, of: one, in: $0).members.count } == 3)
        await #expect(throws: Failure.self) { try await house.database.write { try chat.change(room, title: "改名", people: [], by: two, in: $0) } }
        try await house.database.write { try chat.change(room, title: "处置群", people: [2], by: one, in: $0) }
        #expect(try await house.database.read { try chat.room(room, of: one, in: $0).members.map(\.user).sorted() } == [1, 2])
        for (text, path, field) in [("", nil, "text"), ("看", "https://x", "path"), (String(repeating: "长", count: 2001), nil, "text")] as [(String, String?, String)] {
            do {
                _ = try await house.database.write { try chat.say(text, path: path, in: room, by: two, tx: $0) }
                Issue.record("\(field) 应被拒绝")
            } catch let failure as Failure { #expect(failure.fields.map(\.field) == [field]) }
        }
        try await house.database.write { _ = try chat.say("请看", path: "/alarms/7", in: room, by: two, tx: $0) }
        try await house.database.write { try chat.leave(room, by: two, in: $0) }
        try await house.database.write { try chat.close(room, by: one, in: $0) }
        await #expect(throws: Failure.self) { try await house.database.write { _ = try chat.say("还在吗", in: room, by: one, tx: $0) } }
        house.pass(seconds: Int64(ChatEngine.keptDays + 2) * 86_400)
        #expect(try await chat.forget() == 1)
    }
}

@Suite("D9.14.4 在线短信")
struct BroadcastTests {
    @Test(
        "运营商与计费条数",
        arguments: [
            ("13800000001", MobileCarrier.mobile, "中国移动"), ("18600000001", .unicom, "中国联通"), ("19900000001", .telecom, "中国电信"), ("19200000001", .broadnet, "中国广电"),
            ("17040000001", .unicom, "中国联通"),
        ])
    func carriers(_ phone: String, _ carrier: MobileCarrier, _ title: String) {
        #expect(MobileCarrier(phone) == carrier && carrier.title == title)
        #expect(MobileCarrier("0311000000") == nil && MobileCarrier("12345678901") == nil)
        #expect(messageParts(of: String(repeating: "字", count: 70)) == 1 && messageParts(of: String(repeating: "字", count: 71)) == 2)
    }

    @Test("每个号码一次，额度拦住，错误指出哪一项，回执记下") func sent() async throws {
        let house = try await MessageHouse()
        let engine = house.engine, writer = MessageHouse.principal(1)
        try await house.database.write { try $0.execute("INSERT INTO sms_quotas (org, monthly) VALUES (0, 3)") }
        let people = [(phone: "13800000001", name: "甲"), (phone: "13800000001", name: "甲"), (phone: "18600000002", name: "")]
        let id = try await house.database.write { try engine.broadcast("今晚演练", purpose: "演练通知", to: people, by: writer, in: $0) }
        for (text, phones, field) in [("", ["13800000001"], "text"), ("好", [], "phones"), ("好", ["123"], "phones"), ("好", ["13800000001", "13800000002"], "text")]
            as [(String, [String], String)]
        {
            do {
                _ = try await house.database.write { try engine.broadcast(text, purpose: "p", to: phones.map { (phone: $0, name: "") }, by: writer, in: $0) }
                Issue.record("\(field) 应被拒绝")
            } catch let failure as Failure { #expect(failure.fields.map(\.field).contains(field)) }
        }
        house.refusals.withLock { $0 = 1 }
        try await house.worker.drain()
        house.pass(seconds: 60)
        try await house.worker.drain()
        #expect(house.accepted.withLock { $0.sorted() } == ["jianwei-sms-1 13800000001 今晚演练", "jianwei-sms-2 18600000002 今晚演练"])
        let known = try await house.database.write {
            try engine.receive([("jianwei-sms-1", true, ""), ("jianwei-sms-2", false, "空号"), ("jianwei-sms-99", true, "")], by: writer, in: $0)
        }
        #expect(known == 2)
        let found = try await house.database.read { try engine.broadcasts(nil, before: nil, limit: 10, by: writer, in: $0) }
        #expect(found.map(\.id) == [id] && found.first?.states == ["received": 1, "refused": 1] && found.first?.parts == 2)
    }
}
