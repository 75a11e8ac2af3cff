import Cryptography
import Foundation
import Kernel
import Testing

@Suite("Cryptography: SM4 and the key ring")
struct KeyRingTests {
    static let key = Hex.decode("0123456789abcdeffedcba9876543210") ?? []
    static let iv = Hex.decode("000102030405060708090a0b0c0d0e0f") ?? []

    /// GB/T 32907 appendix A: one block under a zero vector is the bare cipher.
    @Test func `SM4's worked example`() throws {
        let zero = [UInt8](repeating: 0, count: 16)
        let sealed = try SM4.encrypt(Self.key, mode: .cbc, key: Self.key, iv: zero)
        #expect(Hex.encode(Array(sealed[0..<16])) == "681edf34d206965e86b3e94f536e4246")
        #expect(try SM4.decrypt(sealed, mode: .cbc, key: Self.key, iv: zero) == Self.key)
    }

    @Test(arguments: [(SM4.Mode.cbc, "adf8910ffd4811dc5733bf34c5c7164a"), (SM4.Mode.ctr, "6efdf00d528602c44be380e788")])
    func `as the openssl command line does`(mode: SM4.Mode, hex: String) throws {
        let text = Array("hello jianwei".utf8)
        let sealed = try SM4.encrypt(text, mode: mode, key: Self.key, iv: Self.iv)
        #expect(Hex.encode(sealed) == hex)
        #expect(try SM4.decrypt(sealed, mode: mode, key: Self.key, iv: Self.iv) == text)
        #expect(try SM4.decrypt(SM4.encrypt([], mode: mode, key: Self.key, iv: Self.iv), mode: mode, key: Self.key, iv: Self.iv) == [])
    }

    @Test func `a short key and a broken text are refused`() {
        #expect(throws: Failure.self) { try SM4.encrypt([1], mode: .ctr, key: [1, 2], iv: Self.iv) }
        #expect(throws: Failure.self) { try SM4.decrypt([1, 2, 3], mode: .cbc, key: Self.key, iv: Self.iv) }
    }

    @Test func `sealed is opened, changed is refused`() throws {
        let ring = KeyRing.ephemeral()
        let text = "身份证号 130102199001011234"
        let sealed = try ring.seal(Array(text.utf8))
        #expect(try ring.open(sealed) == Array(text.utf8))
        #expect(try ring.open(ring.seal(text)) == text)
        #expect(try ring.seal(text) != ring.seal(text))
        for index in [0, 1, 20, sealed.count - 1] {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: Failure.self) { try ring.open(changed) }
        }
        #expect(throws: Failure.self) { try ring.open([1, 2, 3]) }
        #expect(throws: Failure.self) { try KeyRing.ephemeral().open(sealed) }
    }

    @Test func `the file is made once, private, and keeps old versions`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }

        let first = try KeyRing(directory: folder)
        let mode = try FileManager.default.attributesOfItem(atPath: folder + "/" + KeyRing.fileName)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let sealed = try first.seal("甲")
        let tag = first.mac(purpose: "cookie").tag("x")
        #expect(try KeyRing(directory: folder).open(sealed) == "甲")

        let rotated = try KeyRing.rotate(directory: folder)
        #expect(rotated.currentVersion == 2)
        let again = try KeyRing(directory: folder)
        #expect(try again.open(sealed) == "甲")
        #expect(throws: Failure.self) { try first.open(rotated.seal("乙")) }
        #expect(again.mac(purpose: "cookie").verifies(tag, over: "x"))
        #expect(!again.mac(purpose: "other").verifies(tag, over: "x"))
        #expect(again.mac(purpose: "cookie").tag("x") != tag)
        #expect(again.stableMAC(purpose: "phone").tag("x") == first.stableMAC(purpose: "phone").tag("x"))

        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/" + KeyRing.fileName)
        let failure = #expect(throws: Failure.self) { try KeyRing(directory: folder) }
        #expect(failure?.code == "JW-C031")
    }
}
