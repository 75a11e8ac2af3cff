import Features
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import Media
import MobileSources
import NIOCore
import Storage
import Testing
import Web

@Suite("A-08 A-12 车主扫码备案")
struct OwnerFilingTests {
    private static let car = [
        ("plateNo", "冀AQ1234"), ("plateColor", "1"), ("vehicleType", "H11"), ("fuel", "B"), ("emissionStage", "5"), ("vin", "LSVAA4182E2184847"), ("registeredOn", "2020-05-01"),
        ("owner", "演示车队"), ("ownerPhone", "13900000001"),
    ]

    /// A telephone that has scanned the sheet of an enterprise.
    struct Telephone {
        let client: any TestClientProtocol
        let house: GateHouse

        func address(of who: String) async throws -> String {
            try await client.execute(uri: "/owner-code", method: .get, headers: GateHouse.cookie(who)) { response in
                let body = String(buffer: response.body)
                let start = try #require(body.firstRange(of: "href=\"/m/filing/"))
                return "/m/filing/" + body[start.upperBound...].prefix { $0 != "\"" }
            }
        }

        func get(_ path: String) async throws -> (Int, String) {
            try await client.execute(uri: path, method: .get) { ($0.status.code, String(buffer: $0.body)) }
        }

        /// - Returns: status, body, and where it leads to.
        func post(_ path: String, _ fields: [(String, String)], photo: [UInt8]? = nil) async throws -> (status: Int, body: String, to: String) {
            var bytes: [UInt8] = []
            for (name, value) in fields { bytes += Array("--edge\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8) }
            if let photo {
                bytes +=
                    Array("--edge\r\nContent-Disposition: form-data; name=\"licencePhoto\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n".utf8) + photo
                    + Array("\r\n".utf8)
            }
            bytes += Array("--edge--\r\n".utf8)
            return try await client.execute(uri: path, method: .post, headers: [.contentType: "multipart/form-data; boundary=edge"], body: ByteBuffer(bytes: bytes)) {
                ($0.status.code, String(buffer: $0.body), $0.headers[.location] ?? "")
            }
        }
    }

    private func with(_ house: GateHouse, _ work: @Sendable @escaping (Telephone) async throws -> Void) async throws {
        try await Application(router: house.router).test(.router) { client in try await work(Telephone(client: client, house: house)) }
    }

    @Test("扫码、填写、查询、退回后修改、通过")
    func whole() async throws {
        let house = try await GateHouse()
        let photo = try HousePhoto.jpeg()
        try await with(house) { phone in
            let address = try await phone.address(of: "steel")
            #expect(try await phone.get(address).0 == 200)
            let sent = try await phone.post(address, Self.car, photo: photo)
            #expect(sent.status == 303 && sent.to.hasPrefix("/m/filed/"), "\(sent)")
            let page = try await phone.get(sent.to)
            #expect(page.0 == 200 && page.1.contains("待校验") && page.1.contains("石家庄示例钢铁"))
            #expect(!page.1.contains("13900000001") && !page.1.contains("演示车队"))
            let id = try #require(try await house.platform.database.read { try $0.value("SELECT id FROM registered_vehicle WHERE filed_by = 'owner'")?.int })
            _ = try await house.gates.filings.decide(id: id, approves: false, opinion: "行驶证照片不清", by: .system())
            #expect(try await phone.get(sent.to).1.contains("行驶证照片不清"))
            let form = try await phone.get(sent.to + "/mend")
            #expect(form.1.contains("LSVAA4182E2184847") && !form.1.contains("13900000001") && form.1.contains("licencePhotoKept"))
            let mended = try await phone.post(sent.to + "/mend", Self.car.map { $0.0 == "engineNo" ? ($0.0, "E1") : $0 }, photo: photo)
            #expect(mended.status == 303, "\(mended)")
            #expect(try await phone.get(sent.to).1.contains("待校验"))
            _ = try await house.gates.filings.decide(id: id, approves: true, opinion: "", by: .system())
            #expect(try await phone.get(sent.to).1.contains("已备案"))
            #expect(try await phone.post(sent.to + "/mend", Self.car, photo: photo).status == 422)
        }
    }

    @Test("填错时逐项指出，已传的照片不必重传，什么也没有存下")
    func wrong() async throws {
        let house = try await GateHouse()
        let photo = try HousePhoto.jpeg()
        try await with(house) { phone in
            let address = try await phone.address(of: "steel")
            let bad = [("plateNo", "冀A"), ("plateColor", "1"), ("fuel", ""), ("emissionStage", "5"), ("vin", "IOQ"), ("registeredOn", "2999-01-01"), ("ownerPhone", "12")]
            let answer = try await phone.post(address, bad, photo: photo)
            #expect(answer.status == 422)
            for title in ["号牌号码", "车辆识别代号", "注册登记日期", "所有人或车队", "联系电话", "燃料种类"] { #expect(answer.body.contains(title), "\(title)") }
            let start = try #require(answer.body.firstRange(of: "name=\"licencePhotoKept\" value=\""))
            let kept = String(answer.body[start.upperBound...].prefix(64))
            #expect(try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM registered_vehicle") } == 0)
            let again = try await phone.post(address, Self.car + [("licencePhotoKept", kept)])
            #expect(again.status == 303)
            let twice = try await phone.post(address, Self.car + [("licencePhotoKept", kept)])
            #expect(twice.status == 422 && twice.body.contains("已在该企业登记备案"))
            // Another enterprise's picture cannot be named.
            let foreign = try await phone.post(try await phone.address(of: "cement"), Self.car + [("licencePhotoKept", kept)])
            #expect(foreign.status == 422 && foreign.body.contains("请拍摄行驶证"))
            #expect(try await phone.post(address, Self.car, photo: Array("no picture".utf8)).status == 422)
        }
    }

    @Test("别人做的链接、改过的链接、企业自己的备案都打不开")
    func links() async throws {
        let house = try await GateHouse()
        try await house.file("冀A12345", stage: "5", of: house.steel)
        let photo = try HousePhoto.jpeg()
        try await with(house) { phone in
            let address = try await phone.address(of: "steel")
            let code = address.dropFirst("/m/filing/".count)
            for wrong in ["/m/filing/1-0", "/m/filing/\(house.cement.org)-\(code.split(separator: "-").last ?? "")", "/m/filing/abc", "/m/filed/\(code)", "/m/filed/1-00"] {
                #expect(try await phone.get(wrong).0 == 404, "\(wrong)")
            }
            let sent = try await phone.post(address, Self.car, photo: photo)
            let filed = sent.to.dropFirst("/m/filed/".count)
            let tag = filed.split(separator: "-").last ?? ""
            #expect(try await phone.get("/m/filed/1-\(tag)").0 == 404)
            #expect(try await phone.get("/m/filing/\(filed)").0 == 404)
        }
    }

    @Test("车主备案的车进入另一企业后列入其清册，只列一次")
    func visits() async throws {
        let house = try await GateHouse()
        let photo = try HousePhoto.jpeg()
        try await with(house) { phone in _ = try await phone.post(try await phone.address(of: "steel"), Self.car, photo: photo) }
        let id = try #require(try await house.platform.database.read { try $0.value("SELECT id FROM registered_vehicle")?.int })
        _ = try await house.gates.filings.decide(id: id, approves: true, opinion: "", by: .system())
        try await house.pass("冀AQ1234", 1, of: house.cement)
        try await house.pass("冀AQ1234", 2, of: house.cement)
        #expect(try await house.gates.ownerFilings.enterVisited() == 1)
        #expect(try await house.gates.ownerFilings.enterVisited() == 0)
        let rows = try await house.platform.database.read { try $0.rows("SELECT org, filing_state, filed_by, owner_phone FROM registered_vehicle ORDER BY id") }
        #expect(rows.map { $0[0].int } == [house.steel.org, house.cement.org])
        #expect(rows.map { $0[1].text } == ["approved", "approved"] && rows.map { $0[2].text } == ["owner", "owner"])
    }
}

/// A real JPEG.
enum HousePhoto {
    static func jpeg() throws -> [UInt8] {
        try DemoPhoto(kind: .head, plate: "冀AQ1234", color: .yellow, moment: GateHouse.noon, enterprise: "演示", gate: "1号门", seed: 7).jpeg()
    }
}
