import Identity
import Kernel
import Messages
import Storage
import Testing

@Suite("B5.3.3.2 通知与签名")
struct NoticeTests {
    /// Three people of the message house in two organisations, one of them the writer.
    private func house() async throws -> MessageHouse {
        let house = try await MessageHouse()
        try await house.database.write { tx in
            for (id, parent, name, area) in [(1, nil, "石家庄市", "1301"), (2, 1, "长安区", "130102")] as [(Int64, Int64?, String, String)] {
                try tx.execute(
                    """
                    INSERT INTO organisations (id, parent, kind, code, name, area, path, state, created_at, updated_at)
                    VALUES (\(id), \(parent), 'city', \(name), \(name), \(area), \(parent == nil ? "/1/" : "/1/\(id)/"), 'active', 0, 0)
                    """)
            }
            try tx.execute("UPDATE users SET organisation = 2 WHERE id = 3")
        }
        return house
    }

    private func draft(_ change: (inout NoticeDraft) -> Void = { _ in }) -> NoticeDraft {
        var draft = NoticeDraft(title: "重污染应急响应", text: "请各单位落实", needsSignature: true)
        change(&draft)
        return draft
    }

    @Test func isReadAndSignedFor() async throws {
        let house = try await house()
        let engine = house.engine
        let writer = MessageHouse.principal(1)
        let made = draft { $0.isPinned = true }
        let id = try await house.database.write { try engine.publish(made, by: writer, in: $0) }
        let reader = MessageHouse.principal(3)
        let boxes = try await house.database.read { r in
            try NoticeBox.allCases.map { box in try engine.notices(box, keyword: nil, before: nil, limit: 20, of: reader, in: r).count }
        }
        #expect(boxes == [1, 1, 1, 0, 0])
        #expect(try await house.database.read { try engine.unread(of: reader, in: $0) } == 1, "it stands in the list of messages, too")
        await #expect(throws: Failure.self) { try await house.database.write { try engine.sign(id, name: "别人", remark: "", by: reader, in: $0) } }
        try await house.database.write { try engine.sign(id, name: "用户3", remark: "收到", by: reader, in: $0) }
        try await house.database.write { try engine.sign(id, name: "用户3", remark: "重新签收", by: reader, in: $0) }
        let seen = try await house.database.read { try engine.notice(id, by: writer, in: $0).notice }
        #expect((seen.receivers, seen.read, seen.signed) == (2, 1, 1))
        let list = try await house.database.read { try engine.receipts(id, limit: 10, by: writer, in: $0) }
        #expect(list.map { $0.remark } == [nil, "重新签收"])
        await #expect(throws: Failure.self) { try await house.database.read { _ = try engine.receipts(id, limit: 10, by: reader, in: $0) } }
        #expect(try await house.database.write { try engine.remind(id, by: writer, in: $0) } == 1)
        #expect(try await house.database.write { try engine.remind(id, by: writer, in: $0) } == 0, "not twice in an hour")
        await #expect(throws: Failure.self) { try await house.database.read { _ = try engine.notice(id, by: MessageHouse.principal(9), in: $0) } }
        try await house.database.write { try engine.withdrawNotice(id, by: writer, in: $0) }
        await #expect(throws: Failure.self) { try await house.database.read { _ = try engine.notice(id, by: reader, in: $0) } }
    }

    @Test("发布后加人、移出未签收的人，手写签名只收笔迹") func listChanges() async throws {
        let house = try await house()
        let engine = house.engine
        let writer = MessageHouse.principal(1)
        let made = draft { $0.organisations = [2] }
        let id = try await house.database.write { try engine.publish(made, by: writer, in: $0) }
        let joined = try await house.database.write { try engine.changeList(id, joining: ["u2"], leaving: [], by: writer, in: $0) }
        #expect(joined == (1, 0))
        for drawing in ["<script>", "M1 2 onload"] {
            await #expect(throws: Failure.self) {
                try await house.database.write { try engine.sign(id, name: "用户2", remark: "", drawing: drawing, by: MessageHouse.principal(2), in: $0) }
            }
        }
        try await house.database.write { try engine.sign(id, name: "用户2", remark: "", drawing: "M10 20L30 40", by: MessageHouse.principal(2), in: $0) }
        let left = try await house.database.write { try engine.changeList(id, joining: [], leaving: [2, 3], by: writer, in: $0) }
        #expect(left == (0, 1), "签收了的留在名单里")
        let list = try await house.database.read { try engine.receipts(id, limit: 10, by: writer, in: $0) }
        #expect(list.map(\.user) == [2] && list.first?.drawing == "M10 20L30 40")
        await #expect(throws: Failure.self) { try await house.database.write { _ = try engine.changeList(id, joining: ["nobody"], leaving: [], by: writer, in: $0) } }
    }

    @Test func goesToWhomItIsFor() async throws {
        let house = try await house()
        let engine = house.engine
        let writer = MessageHouse.principal(1)
        func receivers(_ change: @Sendable @escaping (inout NoticeDraft) -> Void, by principal: Principal) async throws -> [Int64] {
            let made = draft(change)
            let id = try await house.database.write { try engine.publish(made, by: principal, in: $0) }
            return try await house.database.read { try engine.receipts(id, limit: 10, by: principal, in: $0).map(\.user) }
        }
        #expect(try await receivers({ _ in }, by: writer) == [2, 3])
        #expect(try await receivers({ $0.organisations = [2] }, by: writer) == [3])
        #expect(try await receivers({ $0.organisations = [1] }, by: writer) == [2, 3], "those below are included")
        try await house.database.write { try engine.keepGroup(nil, title: "值班", logins: ["u2"], by: writer, in: $0) }
        #expect(try await receivers({ $0.groups = [1] }, by: writer) == [2])
        var county = MessageHouse.principal(2)
        county.scope = .areas(["130102"])
        #expect(try await receivers({ _ in }, by: county) == [3], "nobody beyond the writer's scope")
        await #expect(throws: Failure.self) { _ = try await receivers({ $0.roles = ["nobody"] }, by: writer) }
        await #expect(throws: Failure.self) { try await house.database.write { try engine.keepGroup(nil, title: "值班", logins: ["u2", "nobody"], by: writer, in: $0) } }
    }

    @Test func followsWishes() async throws {
        let house = try await house()
        let engine = house.engine
        try await house.database.write { tx in
            try engine.keep(MessageWishes(email: "a@example.com", choices: ["alarm/sms": false]), by: MessageHouse.principal(1), in: tx)
            try engine.keep(MessageWishes(choices: ["work/sms": true]), by: MessageHouse.principal(2), in: tx)
        }
        #expect(try await house.database.read { try engine.wishes(of: MessageHouse.principal(1), in: $0) } == MessageWishes(email: "a@example.com", choices: ["alarm/sms": false]))
        try await house.post(MessageDraft("alarm", title: "a", text: "b", users: [1, 2]))
        try await house.post(MessageDraft("work", title: "c", text: "d", users: [1, 2]))
        try await house.post(MessageDraft("alarm", grade: .urgent, title: "e", text: "f", users: [1, 2]))
        let sent = try await house.database.read { try $0.rows("SELECT message_id, user_id FROM message_deliveries ORDER BY id").map { [$0[0].int ?? 0, $0[1].int ?? 0] } }
        #expect(sent == [[1, 2], [2, 2], [3, 1], [3, 2]], "what is urgent follows the rule alone")
        await #expect(throws: Failure.self) { try await house.database.write { try engine.keep(MessageWishes(email: "no address"), by: MessageHouse.principal(1), in: $0) } }
    }
}
