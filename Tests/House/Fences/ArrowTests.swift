import Foundation
import Testing

@Suite("围栏：依赖方向")
struct ArrowTests {
    @Test func everythingHasItsPlace() {
        #expect(SourceTree.files.count > 100, "Sources 没有读到")
        for (module, layer) in SourceTree.modules {
            #expect(Arrows.layers.contains(layer), "\(module) 在未知的层 \(layer)")
            if layer == "Engines" { #expect(Arrows.engines.contains(module), "引擎 \(module) 没有排进次序") }
            if layer == "Base" { #expect(Arrows.base[module] != nil, "底座 \(module) 没有登记") }
        }
    }

    @Test func importsFollowTheArrows() {
        for file in SourceTree.files {
            for name in file.imports {
                let objection = Arrows.objection(to: name, in: file.module, layer: file.layer, modules: SourceTree.modules)
                #expect(objection == nil, "\(file.path): import \(name)：\(objection ?? "")")
            }
        }
    }

    /// The package may not open a door that the imports have not used yet.
    @Test func packageFollowsTheArrows() throws {
        let package = try SourceTree.text("Package.swift")
        var seen: [String] = []
        for match in package.matches(of: /module\("(\w+)", in: "(\w+)"(?:, uses: \[([^\]]*)\])?/) {
            let module = String(match.1), layer = String(match.2)
            seen.append(module)
            let names = (match.3 ?? "").matches(of: /(?:^|[\[,\s])"(\w+)"/).map { String($0.1) }
            for name in names {
                let objection = Arrows.objection(to: name, in: module, layer: layer, modules: SourceTree.modules)
                #expect(objection == nil, "Package.swift: \(module) → \(name)：\(objection ?? "")")
            }
        }
        #expect(Set(seen).count == seen.count, "Package.swift 重复声明模块")
        // The program itself is the package's executable.
        let expected = Set(SourceTree.files.map(\.module)).subtracting(["Jianwei"])
        #expect(Set(seen) == expected, "Package.swift 与 Sources 的模块不一致：\(Set(seen).symmetricDifference(expected).sorted())")
    }

    struct Example: Sendable, CustomTestStringConvertible {
        let module: String, layer: String, name: String
        let isAllowed: Bool
        var testDescription: String { "\(module) → \(name)" }
    }

    static let modules: [String: String] = [
        "Kernel": "Base", "Cryptography": "Base", "Storage": "Base", "StorageSQLite": "Base", "Media": "Engines", "Web": "Engines", "Ledgers": "Engines", "HJ1321": "Gateways",
        "MobileSources": "Domains", "GateOffice": "Domains", "Enforcement": "Domains", "jianwei": "App",
    ]

    /// The fence itself stands: each kind of wrong arrow is seen.
    @Test(arguments: [
        Example(module: "Storage", layer: "Base", name: "Kernel", isAllowed: true), Example(module: "Kernel", layer: "Base", name: "Storage", isAllowed: false),
        Example(module: "Kernel", layer: "Base", name: "Web", isAllowed: false), Example(module: "Ledgers", layer: "Engines", name: "Web", isAllowed: true),
        Example(module: "Web", layer: "Engines", name: "Ledgers", isAllowed: false), Example(module: "Web", layer: "Engines", name: "StorageSQLite", isAllowed: false),
        Example(module: "Web", layer: "Engines", name: "MobileSources", isAllowed: false), Example(module: "HJ1321", layer: "Gateways", name: "Web", isAllowed: true),
        Example(module: "HJ1321", layer: "Gateways", name: "MobileSources", isAllowed: false), Example(module: "MobileSources", layer: "Domains", name: "Ledgers", isAllowed: true),
        Example(module: "MobileSources", layer: "Domains", name: "HJ1321", isAllowed: false),
        Example(module: "MobileSources", layer: "Domains", name: "Enforcement", isAllowed: false),
        Example(module: "GateOffice", layer: "Domains", name: "MobileSources", isAllowed: true),
        Example(module: "MobileSources", layer: "Domains", name: "GateOffice", isAllowed: false),
        Example(module: "GateOffice", layer: "Domains", name: "Enforcement", isAllowed: false),
        Example(module: "MobileSources", layer: "Domains", name: "GRDB", isAllowed: false), Example(module: "Media", layer: "Engines", name: "Hummingbird", isAllowed: false),
        Example(module: "jianwei", layer: "App", name: "StorageSQLite", isAllowed: true), Example(module: "Web", layer: "Engines", name: "Alamofire", isAllowed: false),
    ])
    func wrongArrowsAreSeen(_ example: Example) {
        let objection = Arrows.objection(to: example.name, in: example.module, layer: example.layer, modules: Self.modules)
        #expect((objection == nil) == example.isAllowed)
    }
}
