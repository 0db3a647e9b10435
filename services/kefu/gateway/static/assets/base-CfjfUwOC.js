import{A as e,F as t,G as n,M as r,R as i,U as a,at as o,dt as s,it as c,j as l,k as u,p as d,pt as f,ut as p,z as m}from"./i18n-BiguL2Rf.js";var h=[`FieldValueInvalidError`,`FieldListRangeError`,`ForeignFieldError`],g=class extends Error{constructor(e,t,n=`FieldValueInvalidError`){super(t),this.name=n,this.field=()=>e}};function _(e){return e instanceof Error&&h.includes(e.name)&&`field`in e&&typeof e.field==`function`}var ee=Uint8Array.prototype.setFromBase64;function v(e){let t=e.length,n=t-(t+3>>2);!(t&3)&&e[t-1]==`=`&&(n-=e[t-2]==`=`?2:1);let r=new Uint8Array(n),i=-1;if(ee)try{let n=ee.call(r,e);n.read==t&&(i=n.written)}catch{}return i<0&&(i=te(r,e)),i==n?r:r.subarray(0,i)}function te(e,t){let n=se(),r=0,i=0,a,o=0;for(let s=0;s<t.length;s++){if(a=n[t.charCodeAt(s)],a===void 0)switch(t[s]){case`=`:i=0;case`
`:case`\r`:case`	`:case` `:continue;default:throw Error(`invalid base64 string`)}switch(i){case 0:o=a,i=1;break;case 1:e[r++]=o<<2|(a&48)>>4,o=a,i=2;break;case 2:e[r++]=(o&15)<<4|(a&60)>>2,o=a,i=3;break;case 3:e[r++]=(o&3)<<6|a,i=0}}if(i==1)throw Error(`invalid base64 string`);return r}var ne=Uint8Array.prototype.toBase64,re={std:{alphabet:`base64`,omitPadding:!1},std_raw:{alphabet:`base64`,omitPadding:!0},url:{alphabet:`base64url`,omitPadding:!0}};function ie(e,t=`std`){if(ne)return ne.call(e,re[t]);let n=oe(t),r=t==`std`,i=``,a=0,o,s=0;for(let t=0;t<e.length;t++)switch(o=e[t],a){case 0:i+=n[o>>2],s=(o&3)<<4,a=1;break;case 1:i+=n[s|o>>4],s=(o&15)<<2,a=2;break;case 2:i+=n[s|o>>6],i+=n[o&63],a=0}return a&&(i+=n[s],r&&(i+=`=`,a==1&&(i+=`=`))),i}var y,ae,b;function oe(e){return y||(y=`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/`.split(``),ae=y.slice(0,-2).concat(`-`,`_`)),e==`url`?ae:y}function se(){if(!b){b=[];let e=oe(`std`);for(let t=0;t<e.length;t++)b[e[t].charCodeAt(0)]=t;b[45]=e.indexOf(`+`),b[95]=e.indexOf(`/`)}return b}function x(e){let t=!1,n=[];for(let r=0;r<e.length;r++){let i=e.charAt(r);switch(i){case`_`:t=!0;break;case`0`:case`1`:case`2`:case`3`:case`4`:case`5`:case`6`:case`7`:case`8`:case`9`:n.push(i),t=!1;break;default:t&&(t=!1,i=i.toUpperCase()),n.push(i)}}return n.join(``)}function ce(e){return e.replace(/[A-Z]/g,e=>`_`+e.toLowerCase())}var le=new Set([`constructor`,`toString`,`toJSON`,`valueOf`]);function S(e){return le.has(e)?e+`$`:e}function C(e){for(let t of e.field)c(t,`jsonName`)||(t.jsonName=x(t.name));e.nestedType.forEach(C)}function ue(){throw Error(`Fields of the contract have no defaults: see lean_descriptors.ts.`)}var de=ue;function*w(e){switch(e.kind){case`file`:for(let t of e.messages)yield t,yield*w(t);yield*e.enums,yield*e.services,yield*e.extensions;break;case`message`:for(let t of e.nestedMessages)yield t,yield*w(t);yield*e.nestedEnums,yield*e.nestedExtensions}}function fe(e,t){return pe([e,t])}function pe(e,t){let n=me();if(!e.length)return n;if(`$typeName`in e[0]&&e[0].$typeName==`google.protobuf.FileDescriptorSet`){for(let r of e[0].file)t?.(r),Ne(r,n);return n}if(`$typeName`in e[0]){let r=e[0],i=e[1],a=new Set;function o(e){let t=[];for(let r of e.dependency){if(n.getFile(r)!=null||a.has(r))continue;let o=i(r);if(!o)throw Error(`Unable to resolve ${r}, imported by ${e.name}`);`kind`in o?n.addFile(o,!1,!0):(a.add(o.name),t.push(o))}return t.concat(...t.map(o))}for(let e of[r,...o(r)].reverse())t?.(e),Ne(e,n)}else for(let t of e)for(let e of t.files)n.addFile(e);return n}function me(){let e=new Map,t=new Map,n=new Map;return{kind:`registry`,types:e,extendees:t,[Symbol.iterator](){return e.values()},get files(){return n.values()},addFile(e,t,r){if(n.set(e.proto.name,e),!t)for(let t of w(e))this.add(t);if(r)for(let n of e.dependencies)this.addFile(n,t,r)},add(n){if(n.kind==`extension`){let e=t.get(n.extendee.typeName);e||t.set(n.extendee.typeName,e=new Map),e.set(n.number,n)}e.set(n.typeName,n)},get(t){return e.get(t)},getFile(e){return n.get(e)},getMessage(t){let n=e.get(t);return n?.kind==`message`?n:void 0},getEnum(t){let n=e.get(t);return n?.kind==`enum`?n:void 0},getExtension(t){let n=e.get(t);return n?.kind==`extension`?n:void 0},getExtensionFor(e,n){return t.get(e.typeName)?.get(n)},getService(t){let n=e.get(t);return n?.kind==`service`?n:void 0}}}var he=998,ge=999,_e=9999,ve=9,T=10,E=11,ye=12,be=14,D=3,xe=2,Se=1,Ce=0,we=1,Te=2,Ee=3,De=1,Oe=2,ke=1,Ae=2,je=1002,Me={998:{fieldPresence:1,enumType:2,repeatedFieldEncoding:2,utf8Validation:3,messageEncoding:1,jsonFormat:2,enforceNamingStyle:2,defaultSymbolVisibility:1,enforceProtoLimits:1},999:{fieldPresence:2,enumType:1,repeatedFieldEncoding:1,utf8Validation:2,messageEncoding:1,jsonFormat:1,enforceNamingStyle:2,defaultSymbolVisibility:1,enforceProtoLimits:1},1e3:{fieldPresence:1,enumType:1,repeatedFieldEncoding:1,utf8Validation:2,messageEncoding:1,jsonFormat:1,enforceNamingStyle:2,defaultSymbolVisibility:1,enforceProtoLimits:1},1001:{fieldPresence:1,enumType:1,repeatedFieldEncoding:1,utf8Validation:2,messageEncoding:1,jsonFormat:1,enforceNamingStyle:1,defaultSymbolVisibility:2,enforceProtoLimits:1},1002:{fieldPresence:1,enumType:1,repeatedFieldEncoding:1,utf8Validation:2,messageEncoding:1,jsonFormat:1,enforceNamingStyle:3,defaultSymbolVisibility:4,enforceProtoLimits:2}};function Ne(e,t){let n={kind:`file`,proto:e,deprecated:e.options?.deprecated??!1,edition:Re(e),name:e.name.replace(/\.proto$/,``),dependencies:ze(e,t),enums:[],messages:[],extensions:[],services:[],toString(){return`file ${e.name}`}},r=new Map,i={get(e){return r.get(e)},add(e){F(e.proto.options?.mapEntry===!0),r.set(e.typeName,e)}};for(let r of e.enumType)Pe(r,n,void 0,t);for(let r of e.messageType)A(r,n,void 0,t,i);for(let r of e.service)Fe(r,n,t);O(n,t);for(let e of r.values())k(e,t,i);for(let e of n.messages)k(e,t,i),O(e,t);t.addFile(n,!0)}function O(e,t){switch(e.kind){case`file`:for(let n of e.proto.extension){let r=j(n,e,t);e.extensions.push(r),t.add(r)}break;case`message`:for(let n of e.proto.extension){let r=j(n,e,t);e.nestedExtensions.push(r),t.add(r)}for(let n of e.nestedMessages)O(n,t)}}function k(e,t,n){let r=e.proto.oneofDecl.map(t=>Le(t,e)),i=new Set;for(let a of e.proto.field){let o=Ue(a,r),s=j(a,e,t,o,n);e.fields.push(s),e.field[s.localName]=s,o===void 0?e.members.push(s):(o.fields.push(s),i.has(o)||(i.add(o),e.members.push(o)))}for(let t of r.filter(e=>i.has(e)))e.oneofs.push(t);for(let r of e.nestedMessages)k(r,t,n)}function Pe(e,t,n,r){var i,a;let o=Be(e.name,e.value),s={kind:`enum`,proto:e,deprecated:e.options?.deprecated??!1,file:t,parent:n,open:!0,name:e.name,typeName:M(e,n,t),value:{},values:[],sharedPrefix:o,toString(){return`enum ${this.typeName}`}};s.open=qe(s),r.add(s);for(let t of e.value){let e=t.name,n={kind:`enum_value`,proto:t,deprecated:t.options?.deprecated??!1,parent:s,name:e,localName:S(o==null?e:e.substring(o.length)),number:t.number,jsonName:Ve(t)??e,toString(){return`enum value ${s.typeName}.${e}`}};s.values.push(n),(i=s.value)[a=t.number]??(i[a]=n)}(n?.nestedEnums??t.enums).push(s)}function A(e,t,n,r,i){let a={kind:`message`,proto:e,deprecated:e.options?.deprecated??!1,file:t,parent:n,name:e.name,typeName:M(e,n,t),fields:[],field:{},oneofs:[],members:[],nestedEnums:[],nestedMessages:[],nestedExtensions:[],toString(){return`message ${this.typeName}`}};e.options?.mapEntry===!0?i.add(a):((n?.nestedMessages??t.messages).push(a),r.add(a));for(let n of e.enumType)Pe(n,t,a,r);for(let n of e.nestedType)A(n,t,a,r,i)}function Fe(e,t,n){let r={kind:`service`,proto:e,deprecated:e.options?.deprecated??!1,file:t,name:e.name,typeName:M(e,void 0,t),methods:[],method:{},toString(){return`service ${this.typeName}`}};t.services.push(r),n.add(r);for(let t of e.method){let e=Ie(t,r,n);r.methods.push(e),r.method[e.localName]=e}}function Ie(e,t,n){let r;r=e.clientStreaming&&e.serverStreaming?`bidi_streaming`:e.clientStreaming?`client_streaming`:e.serverStreaming?`server_streaming`:`unary`;let i=n.getMessage(N(e.inputType)),a=n.getMessage(N(e.outputType));F(i,`invalid MethodDescriptorProto: input_type ${e.inputType} not found`),F(a,`invalid MethodDescriptorProto: output_type ${e.inputType} not found`);let o=e.name;return{kind:`rpc`,proto:e,deprecated:e.options?.deprecated??!1,parent:t,name:o,localName:S(o.length?S(o[0].toLowerCase()+o.substring(1)):o),methodKind:r,input:i,output:a,idempotency:e.options?.idempotencyLevel??Ce,toString(){return`rpc ${t.typeName}.${o}`}}}function Le(e,t){return{kind:`oneof`,proto:e,deprecated:!1,parent:t,fields:[],name:e.name,localName:S(x(e.name)),toString(){return`oneof ${t.typeName}.${this.name}`}}}function j(e,t,n,r,i){let a=i===void 0,o={kind:`field`,proto:e,deprecated:e.options?.deprecated??!1,name:e.name,number:e.number,scalar:void 0,message:void 0,enum:void 0,presence:We(e,r,a,t),utf8Validation:Ye(e,t),listKind:void 0,mapKind:void 0,mapKey:void 0,delimitedEncoding:void 0,packed:void 0,longAsString:!1,getDefaultValue:void 0},s;if(a){let r=t.kind==`file`?t:t.file,i=t.kind==`file`?void 0:t,a=M(e,i,r);o.kind=`extension`,o.file=r,o.parent=i,o.oneof=void 0,o.typeName=a,o.jsonName=`[${a}]`,s=()=>`extension ${a}`;let c=n.getMessage(N(e.extendee));F(c,`invalid FieldDescriptorProto: extendee ${e.extendee} not found`),o.extendee=c}else{let n=t;F(n.kind==`message`),o.parent=n,o.oneof=r,o.localName=r?x(e.name):S(x(e.name)),o.jsonName=e.jsonName,s=()=>`field ${n.typeName}.${e.name}`}Object.defineProperty(o,"toString",{value:s,writable:!0,enumerable:!0,configurable:!0});let l=e.label,u=e.type,d=e.options?.jstype;if(l===D){let r=u==E?i?.get(N(e.typeName)):void 0;if(r){o.fieldKind=`map`;let{key:e,value:t}=Ke(r);return o.mapKey=e.scalar,o.mapKind=t.fieldKind,o.message=t.message,o.delimitedEncoding=!1,o.enum=t.enum,o.scalar=t.scalar,o}switch(o.fieldKind=`list`,u){case E:case T:o.listKind=`message`,o.message=n.getMessage(N(e.typeName)),F(o.message),o.delimitedEncoding=Je(e,t);break;case be:o.listKind=`enum`,o.enum=n.getEnum(N(e.typeName)),F(o.enum);break;default:o.listKind=`scalar`,o.scalar=u,o.longAsString=d==Se}return o.packed=Ge(e,t),o}switch(u){case E:case T:o.fieldKind=`message`,o.message=n.getMessage(N(e.typeName)),F(o.message,`invalid FieldDescriptorProto: type_name ${e.typeName} not found`),o.delimitedEncoding=Je(e,t),o.getDefaultValue=()=>void 0;break;case be:{let t=n.getEnum(N(e.typeName));F(t!==void 0,`invalid FieldDescriptorProto: type_name ${e.typeName} not found`),o.fieldKind=`enum`,o.enum=n.getEnum(N(e.typeName)),o.getDefaultValue=()=>c(e,`defaultValue`)?ue(t,e.defaultValue):void 0;break}default:o.fieldKind=`scalar`,o.scalar=u,o.longAsString=d==Se,o.getDefaultValue=()=>c(e,`defaultValue`)?de(u,e.defaultValue):void 0}return o}function Re(e){switch(e.syntax){case``:case`proto2`:return he;case`proto3`:return ge;case`editions`:if(e.edition===_e)return je;if(e.edition in Me)return e.edition;throw Error(`${e.name}: unsupported edition`);default:throw Error(`${e.name}: unsupported syntax "${e.syntax}"`)}}function ze(e,t){return e.dependency.map(n=>{let r=t.getFile(n);if(!r)throw Error(`Cannot find ${n}, imported by ${e.name}`);return r})}function Be(e,t){let n=He(e)+`_`;for(let e of t){if(!e.name.toLowerCase().startsWith(n))return;let t=e.name.substring(n.length);if(t.length==0||/^\d/.test(t))return}return n}function Ve(e){let t;for(let n of e.options?.$unknown??[]){if(n.no!==998||n.wireType!==a.LengthDelimited)continue;let e=new i(new i(n.data).bytes());for(;e.pos<e.len;){let[n,r]=e.tag();n===1&&r===a.LengthDelimited?t=e.string():e.skip(r,n)}}return t}function He(e){return(e.substring(0,1)+e.substring(1).replace(/[A-Z]/g,e=>`_`+e)).toLowerCase()}function M(e,t,n){let r;return r=t?`${t.typeName}.${e.name}`:n.proto.package.length>0?`${n.proto.package}.${e.name}`:`${e.name}`,r}function N(e){return e.startsWith(`.`)?e.substring(1):e}function Ue(e,t){if(!c(e,`oneofIndex`)||e.proto3Optional)return;let n=t[e.oneofIndex];return F(n,`invalid FieldDescriptorProto: oneof #${e.oneofIndex} for field #${e.number} not found`),n}function We(e,t,n,r){if(e.label==xe)return Ee;if(e.label==D)return Te;if(t||e.proto3Optional||n)return we;let i=P(`fieldPresence`,{proto:e,parent:r});return i==Te&&(e.type==E||e.type==T)?we:i}function Ge(e,t){if(e.label!=D)return!1;switch(e.type){case ve:case ye:case T:case E:return!1}let n=e.options;return n&&c(n,`packed`)?n.packed:De==P(`repeatedFieldEncoding`,{proto:e,parent:t})}function Ke(e){let t=e.fields.find(e=>e.number===1),n=e.fields.find(e=>e.number===2);return F(t&&t.fieldKind==`scalar`&&t.scalar!=s.BYTES&&t.scalar!=s.FLOAT&&t.scalar!=s.DOUBLE&&n&&n.fieldKind!=`list`&&n.fieldKind!=`map`),{key:t,value:n}}function qe(e){return ke==P(`enumType`,{proto:e.proto,parent:e.parent??e.file})}function Je(e,t){return e.type==T||Oe==P(`messageEncoding`,{proto:e,parent:t})}function Ye(e,t){return Ae==P(`utf8Validation`,{proto:e,parent:t})}function P(e,t){let n=t.proto.options?.features;if(n){let t=n[e];if(t!=0)return t}if(`kind`in t){if(t.kind==`message`)return P(e,t.parent??t.file);let n=Me[t.edition];if(!n)throw Error(`feature default for edition ${t.edition} not found`);return n[e]}return P(e,t.parent)}function F(e,t){if(!e)throw Error(t)}function Xe(e){let t=Ze(e);return t.messageType.forEach(C),fe(t,()=>void 0).getFile(t.name)}function Ze(e){return Object.assign(Object.create({syntax:``,edition:0}),Object.assign(Object.assign({$typeName:`google.protobuf.FileDescriptorProto`,dependency:[],publicDependency:[],weakDependency:[],optionDependency:[],service:[],extension:[]},e),{messageType:e.messageType.map(Qe),enumType:e.enumType.map(tt)}))}function Qe(e){return Object.assign(Object.create({visibility:0}),{$typeName:`google.protobuf.DescriptorProto`,name:e.name,field:e.field?.map($e)??[],extension:[],nestedType:e.nestedType?.map(Qe)??[],enumType:e.enumType?.map(tt)??[],extensionRange:e.extensionRange?.map(e=>Object.assign({$typeName:`google.protobuf.DescriptorProto.ExtensionRange`},e))??[],oneofDecl:[],reservedRange:[],reservedName:[]})}function $e(e){return Object.assign(Object.create({label:1,typeName:``,extendee:``,defaultValue:``,oneofIndex:0,jsonName:``,proto3Optional:!1}),Object.assign(Object.assign({$typeName:`google.protobuf.FieldDescriptorProto`},e),{options:e.options?et(e.options):void 0}))}function et(e){return Object.assign(Object.create({ctype:0,packed:!1,jstype:0,lazy:!1,unverifiedLazy:!1,deprecated:!1,weak:!1,debugRedact:!1,retention:0}),Object.assign(Object.assign({$typeName:`google.protobuf.FieldOptions`},e),{targets:e.targets??[],editionDefaults:e.editionDefaults?.map(e=>Object.assign({$typeName:`google.protobuf.FieldOptions.EditionDefault`},e))??[],uninterpretedOption:[]}))}function tt(e){return Object.assign(Object.create({visibility:0}),{$typeName:`google.protobuf.EnumDescriptorProto`,name:e.name,reservedName:[],reservedRange:[],value:e.value.map(e=>Object.assign({$typeName:`google.protobuf.EnumValueDescriptorProto`},e))})}function I(e,t,...n){return n.reduce((e,t)=>e.nestedMessages[t],e.messages[t])}var nt=I(Xe({name:`google/protobuf/descriptor.proto`,package:`google.protobuf`,messageType:[{name:`FileDescriptorSet`,field:[],enumType:[]},{name:`FileDescriptorProto`,field:[{name:`name`,number:1,type:9,label:1},{name:`package`,number:2,type:9,label:1},{name:`dependency`,number:3,type:9,label:3},{name:`message_type`,number:4,type:11,label:3,typeName:`.google.protobuf.DescriptorProto`},{name:`enum_type`,number:5,type:11,label:3,typeName:`.google.protobuf.EnumDescriptorProto`},{name:`service`,number:6,type:11,label:3,typeName:`.google.protobuf.ServiceDescriptorProto`},{name:`extension`,number:7,type:11,label:3,typeName:`.google.protobuf.FieldDescriptorProto`},{name:`options`,number:8,type:11,label:1,typeName:`.google.protobuf.FileOptions`},{name:`syntax`,number:12,type:9,label:1}],enumType:[]},{name:`DescriptorProto`,field:[{name:`name`,number:1,type:9,label:1},{name:`field`,number:2,type:11,label:3,typeName:`.google.protobuf.FieldDescriptorProto`},{name:`extension`,number:6,type:11,label:3,typeName:`.google.protobuf.FieldDescriptorProto`},{name:`nested_type`,number:3,type:11,label:3,typeName:`.google.protobuf.DescriptorProto`},{name:`enum_type`,number:4,type:11,label:3,typeName:`.google.protobuf.EnumDescriptorProto`},{name:`oneof_decl`,number:8,type:11,label:3,typeName:`.google.protobuf.OneofDescriptorProto`},{name:`options`,number:7,type:11,label:1,typeName:`.google.protobuf.MessageOptions`}],enumType:[]},{name:`ExtensionRangeOptions`,field:[],enumType:[]},{name:`FieldDescriptorProto`,field:[{name:`name`,number:1,type:9,label:1},{name:`number`,number:3,type:5,label:1},{name:`label`,number:4,type:14,label:1,typeName:`.google.protobuf.FieldDescriptorProto.Label`},{name:`type`,number:5,type:14,label:1,typeName:`.google.protobuf.FieldDescriptorProto.Type`},{name:`type_name`,number:6,type:9,label:1},{name:`extendee`,number:2,type:9,label:1},{name:`default_value`,number:7,type:9,label:1},{name:`oneof_index`,number:9,type:5,label:1},{name:`json_name`,number:10,type:9,label:1},{name:`options`,number:8,type:11,label:1,typeName:`.google.protobuf.FieldOptions`},{name:`proto3_optional`,number:17,type:8,label:1}],enumType:[{name:`Type`,value:[{name:`TYPE_DOUBLE`,number:1},{name:`TYPE_FLOAT`,number:2},{name:`TYPE_INT64`,number:3},{name:`TYPE_UINT64`,number:4},{name:`TYPE_INT32`,number:5},{name:`TYPE_FIXED64`,number:6},{name:`TYPE_FIXED32`,number:7},{name:`TYPE_BOOL`,number:8},{name:`TYPE_STRING`,number:9},{name:`TYPE_GROUP`,number:10},{name:`TYPE_MESSAGE`,number:11},{name:`TYPE_BYTES`,number:12},{name:`TYPE_UINT32`,number:13},{name:`TYPE_ENUM`,number:14},{name:`TYPE_SFIXED32`,number:15},{name:`TYPE_SFIXED64`,number:16},{name:`TYPE_SINT32`,number:17},{name:`TYPE_SINT64`,number:18}]},{name:`Label`,value:[{name:`LABEL_OPTIONAL`,number:1},{name:`LABEL_REPEATED`,number:3},{name:`LABEL_REQUIRED`,number:2}]}]},{name:`OneofDescriptorProto`,field:[{name:`name`,number:1,type:9,label:1}],enumType:[]},{name:`EnumDescriptorProto`,field:[{name:`name`,number:1,type:9,label:1},{name:`value`,number:2,type:11,label:3,typeName:`.google.protobuf.EnumValueDescriptorProto`},{name:`options`,number:3,type:11,label:1,typeName:`.google.protobuf.EnumOptions`}],enumType:[]},{name:`EnumValueDescriptorProto`,field:[{name:`name`,number:1,type:9,label:1},{name:`number`,number:2,type:5,label:1},{name:`options`,number:3,type:11,label:1,typeName:`.google.protobuf.EnumValueOptions`}],enumType:[]},{name:`ServiceDescriptorProto`,field:[{name:`name`,number:1,type:9,label:1},{name:`method`,number:2,type:11,label:3,typeName:`.google.protobuf.MethodDescriptorProto`},{name:`options`,number:3,type:11,label:1,typeName:`.google.protobuf.ServiceOptions`}],enumType:[]},{name:`MethodDescriptorProto`,field:[{name:`name`,number:1,type:9,label:1},{name:`input_type`,number:2,type:9,label:1},{name:`output_type`,number:3,type:9,label:1},{name:`options`,number:4,type:11,label:1,typeName:`.google.protobuf.MethodOptions`},{name:`client_streaming`,number:5,type:8,label:1},{name:`server_streaming`,number:6,type:8,label:1}],enumType:[]},{name:`FileOptions`,field:[{name:`deprecated`,number:23,type:8,label:1}],enumType:[]},{name:`MessageOptions`,field:[{name:`deprecated`,number:3,type:8,label:1},{name:`map_entry`,number:7,type:8,label:1}],enumType:[]},{name:`FieldOptions`,field:[{name:`packed`,number:2,type:8,label:1},{name:`jstype`,number:6,type:14,label:1,typeName:`.google.protobuf.FieldOptions.JSType`},{name:`deprecated`,number:3,type:8,label:1}],enumType:[{name:`JSType`,value:[{name:`JS_NORMAL`,number:0},{name:`JS_STRING`,number:1},{name:`JS_NUMBER`,number:2}]}]},{name:`OneofOptions`,field:[],enumType:[]},{name:`EnumOptions`,field:[{name:`deprecated`,number:3,type:8,label:1}],enumType:[]},{name:`EnumValueOptions`,field:[{name:`deprecated`,number:1,type:8,label:1}],enumType:[]},{name:`ServiceOptions`,field:[{name:`deprecated`,number:33,type:8,label:1}],enumType:[]},{name:`MethodOptions`,field:[{name:`deprecated`,number:33,type:8,label:1},{name:`idempotency_level`,number:34,type:14,label:1,typeName:`.google.protobuf.MethodOptions.IdempotencyLevel`}],enumType:[{name:`IdempotencyLevel`,value:[{name:`IDEMPOTENCY_UNKNOWN`,number:0},{name:`NO_SIDE_EFFECTS`,number:1},{name:`IDEMPOTENT`,number:2}]}]},{name:`UninterpretedOption`,field:[],enumType:[]},{name:`FeatureSet`,field:[],enumType:[]},{name:`FeatureSetDefaults`,field:[],enumType:[]},{name:`SourceCodeInfo`,field:[],enumType:[]},{name:`GeneratedCodeInfo`,field:[],enumType:[]}],enumType:[]}),1),rt;(function(e){e[e.DECLARATION=0]=`DECLARATION`,e[e.UNVERIFIED=1]=`UNVERIFIED`})(rt||={});var it;(function(e){e[e.DOUBLE=1]=`DOUBLE`,e[e.FLOAT=2]=`FLOAT`,e[e.INT64=3]=`INT64`,e[e.UINT64=4]=`UINT64`,e[e.INT32=5]=`INT32`,e[e.FIXED64=6]=`FIXED64`,e[e.FIXED32=7]=`FIXED32`,e[e.BOOL=8]=`BOOL`,e[e.STRING=9]=`STRING`,e[e.GROUP=10]=`GROUP`,e[e.MESSAGE=11]=`MESSAGE`,e[e.BYTES=12]=`BYTES`,e[e.UINT32=13]=`UINT32`,e[e.ENUM=14]=`ENUM`,e[e.SFIXED32=15]=`SFIXED32`,e[e.SFIXED64=16]=`SFIXED64`,e[e.SINT32=17]=`SINT32`,e[e.SINT64=18]=`SINT64`})(it||={});var at;(function(e){e[e.OPTIONAL=1]=`OPTIONAL`,e[e.REPEATED=3]=`REPEATED`,e[e.REQUIRED=2]=`REQUIRED`})(at||={});var ot;(function(e){e[e.SPEED=1]=`SPEED`,e[e.CODE_SIZE=2]=`CODE_SIZE`,e[e.LITE_RUNTIME=3]=`LITE_RUNTIME`})(ot||={});var st;(function(e){e[e.STRING=0]=`STRING`,e[e.CORD=1]=`CORD`,e[e.STRING_PIECE=2]=`STRING_PIECE`})(st||={});var ct;(function(e){e[e.JS_NORMAL=0]=`JS_NORMAL`,e[e.JS_STRING=1]=`JS_STRING`,e[e.JS_NUMBER=2]=`JS_NUMBER`})(ct||={});var lt;(function(e){e[e.RETENTION_UNKNOWN=0]=`RETENTION_UNKNOWN`,e[e.RETENTION_RUNTIME=1]=`RETENTION_RUNTIME`,e[e.RETENTION_SOURCE=2]=`RETENTION_SOURCE`})(lt||={});var ut;(function(e){e[e.TARGET_TYPE_UNKNOWN=0]=`TARGET_TYPE_UNKNOWN`,e[e.TARGET_TYPE_FILE=1]=`TARGET_TYPE_FILE`,e[e.TARGET_TYPE_EXTENSION_RANGE=2]=`TARGET_TYPE_EXTENSION_RANGE`,e[e.TARGET_TYPE_MESSAGE=3]=`TARGET_TYPE_MESSAGE`,e[e.TARGET_TYPE_FIELD=4]=`TARGET_TYPE_FIELD`,e[e.TARGET_TYPE_ONEOF=5]=`TARGET_TYPE_ONEOF`,e[e.TARGET_TYPE_ENUM=6]=`TARGET_TYPE_ENUM`,e[e.TARGET_TYPE_ENUM_ENTRY=7]=`TARGET_TYPE_ENUM_ENTRY`,e[e.TARGET_TYPE_SERVICE=8]=`TARGET_TYPE_SERVICE`,e[e.TARGET_TYPE_METHOD=9]=`TARGET_TYPE_METHOD`})(ut||={});var dt;(function(e){e[e.IDEMPOTENCY_UNKNOWN=0]=`IDEMPOTENCY_UNKNOWN`,e[e.NO_SIDE_EFFECTS=1]=`NO_SIDE_EFFECTS`,e[e.IDEMPOTENT=2]=`IDEMPOTENT`})(dt||={});var ft;(function(e){e[e.DEFAULT_SYMBOL_VISIBILITY_UNKNOWN=0]=`DEFAULT_SYMBOL_VISIBILITY_UNKNOWN`,e[e.EXPORT_ALL=1]=`EXPORT_ALL`,e[e.EXPORT_TOP_LEVEL=2]=`EXPORT_TOP_LEVEL`,e[e.LOCAL_ALL=3]=`LOCAL_ALL`,e[e.STRICT=4]=`STRICT`})(ft||={});var pt;(function(e){e[e.PROTO_LIMITS_UNKNOWN=0]=`PROTO_LIMITS_UNKNOWN`,e[e.LEGACY_NO_EXPLICIT_LIMITS=1]=`LEGACY_NO_EXPLICIT_LIMITS`,e[e.PROTO_LIMITS2026=2]=`PROTO_LIMITS2026`})(pt||={});var mt;(function(e){e[e.FIELD_PRESENCE_UNKNOWN=0]=`FIELD_PRESENCE_UNKNOWN`,e[e.EXPLICIT=1]=`EXPLICIT`,e[e.IMPLICIT=2]=`IMPLICIT`,e[e.LEGACY_REQUIRED=3]=`LEGACY_REQUIRED`})(mt||={});var ht;(function(e){e[e.ENUM_TYPE_UNKNOWN=0]=`ENUM_TYPE_UNKNOWN`,e[e.OPEN=1]=`OPEN`,e[e.CLOSED=2]=`CLOSED`})(ht||={});var gt;(function(e){e[e.REPEATED_FIELD_ENCODING_UNKNOWN=0]=`REPEATED_FIELD_ENCODING_UNKNOWN`,e[e.PACKED=1]=`PACKED`,e[e.EXPANDED=2]=`EXPANDED`})(gt||={});var _t;(function(e){e[e.UTF8_VALIDATION_UNKNOWN=0]=`UTF8_VALIDATION_UNKNOWN`,e[e.VERIFY=2]=`VERIFY`,e[e.NONE=3]=`NONE`})(_t||={});var vt;(function(e){e[e.MESSAGE_ENCODING_UNKNOWN=0]=`MESSAGE_ENCODING_UNKNOWN`,e[e.LENGTH_PREFIXED=1]=`LENGTH_PREFIXED`,e[e.DELIMITED=2]=`DELIMITED`})(vt||={});var yt;(function(e){e[e.JSON_FORMAT_UNKNOWN=0]=`JSON_FORMAT_UNKNOWN`,e[e.ALLOW=1]=`ALLOW`,e[e.LEGACY_BEST_EFFORT=2]=`LEGACY_BEST_EFFORT`})(yt||={});var bt;(function(e){e[e.ENFORCE_NAMING_STYLE_UNKNOWN=0]=`ENFORCE_NAMING_STYLE_UNKNOWN`,e[e.STYLE2024=1]=`STYLE2024`,e[e.STYLE_LEGACY=2]=`STYLE_LEGACY`,e[e.STYLE2026=3]=`STYLE2026`})(bt||={});var xt;(function(e){e[e.NONE=0]=`NONE`,e[e.SET=1]=`SET`,e[e.ALIAS=2]=`ALIAS`})(xt||={});var St;(function(e){e[e.EDITION_UNKNOWN=0]=`EDITION_UNKNOWN`,e[e.EDITION_LEGACY=900]=`EDITION_LEGACY`,e[e.EDITION_PROTO2=998]=`EDITION_PROTO2`,e[e.EDITION_PROTO3=999]=`EDITION_PROTO3`,e[e.EDITION_2023=1e3]=`EDITION_2023`,e[e.EDITION_2024=1001]=`EDITION_2024`,e[e.EDITION_2026=1002]=`EDITION_2026`,e[e.EDITION_UNSTABLE=9999]=`EDITION_UNSTABLE`,e[e.EDITION_1_TEST_ONLY=1]=`EDITION_1_TEST_ONLY`,e[e.EDITION_2_TEST_ONLY=2]=`EDITION_2_TEST_ONLY`,e[e.EDITION_99997_TEST_ONLY=99997]=`EDITION_99997_TEST_ONLY`,e[e.EDITION_99998_TEST_ONLY=99998]=`EDITION_99998_TEST_ONLY`,e[e.EDITION_99999_TEST_ONLY=99999]=`EDITION_99999_TEST_ONLY`,e[e.EDITION_MAX=2147483647]=`EDITION_MAX`})(St||={});var Ct;(function(e){e[e.VISIBILITY_UNSET=0]=`VISIBILITY_UNSET`,e[e.VISIBILITY_LOCAL=1]=`VISIBILITY_LOCAL`,e[e.VISIBILITY_EXPORT=2]=`VISIBILITY_EXPORT`})(Ct||={});function L(e,t){let n=r(nt,v(e));return n.messageType.forEach(C),n.dependency=t?.map(e=>e.proto.name)??[],fe(n,e=>t?.find(t=>t.proto.name===e)).getFile(n.name)}var R=L(btoa(`
google/protobuf/timestamp.protogoogle.protobuf"+
	Timestamp
\x07seconds (\r
nanos (B
com.google.protobufBTimestampProtoPZ2google.golang.org/protobuf/types/known/timestamppbø¢GPBªGoogle.Protobuf.WellKnownTypesbproto3`)),wt=I(R,0),Tt=L(btoa(`
google/protobuf/duration.protogoogle.protobuf"*
\bDuration
\x07seconds (\r
nanos (B
com.google.protobufB\rDurationProtoPZ1google.golang.org/protobuf/types/known/durationpbø¢GPBªGoogle.Protobuf.WellKnownTypesbproto3`)),Et=2,Dt=3,Ot={writeUnknownFields:!0};function kt(e){return e?Object.assign(Object.assign({},Ot),e):Ot}function At(e,t,n){let r=new m;return z(e)(r,kt(n),t),r.finish()}var jt=new WeakMap;function z(e){let t=jt.get(e);return t===void 0&&(t=Mt(e)),t}function Mt(e){let t=e.typeName,n=e.fields.concat().sort((e,t)=>e.number-t.number),r=n[0],i=[],a=(e,n,a)=>{if(a.$typeName!==t&&r!==void 0)throw new g(r,`cannot use ${r} with message ${a.$typeName}`,`ForeignFieldError`);for(let t=0;t<i.length;t++)i[t](e,n,a);let o=a.$unknown;if(o!==void 0&&n.writeUnknownFields)for(let t=0;t<o.length;t++){let{no:n,wireType:r,data:i}=o[t];e.tag(n,r).raw(i)}};jt.set(e,a);for(let e of n)i.push(Nt(e));return a}function Nt(e){switch(e.fieldKind){case`message`:case`scalar`:case`enum`:return Pt(e);case`list`:return It(e);case`map`:return Lt(e)}}function Pt(e){let t=Ft(e),n=e.localName;if(e.oneof){let r=e.oneof.localName;return(e,i,a)=>{let o=a[r];o.case===n&&t(e,i,o.value)}}if(e.presence!=Et){let r=e.presence==Dt?`cannot encode ${e} to binary: required field not set`:void 0;return(e,i,a)=>{let o=a[n];if(o!==void 0&&Object.prototype.hasOwnProperty.call(a,n))t(e,i,o);else if(r!==void 0)throw Error(r)}}if(e.fieldKind==`enum`){let r=e.enum.values[0].number;return(e,i,a)=>{let o=a[n];o!==r&&t(e,i,o)}}switch(e.scalar){case s.BOOL:return(e,r,i)=>{let a=i[n];a!==!1&&t(e,r,a)};case s.STRING:return(e,r,i)=>{let a=i[n];a!==``&&t(e,r,a)};case s.BYTES:return(e,r,i)=>{let a=i[n];(!(a instanceof Uint8Array)||a.byteLength>0)&&t(e,r,a)};case s.DOUBLE:case s.FLOAT:return(e,r,i)=>{let a=i[n];Object.is(a,0)||t(e,r,a)};default:return(e,r,i)=>{let a=i[n];a!=0&&t(e,r,a)}}}function Ft(e){switch(e.fieldKind){case`message`:{let{toMessage:n}=t(e),r=Ht(e);return(e,t,i)=>{r(e,t,n(i))}}case`scalar`:case`enum`:{let t=e.fieldKind==`enum`?s.INT32:e.scalar,n=e.number,r=V(t),i=B(t,e.parent.typeName,e.name);return(e,t,a)=>{e.tag(n,r),i(e,a)}}}}function It(e){let n=e.localName,r=e.number;switch(e.listKind){case`message`:{let{toMessage:r}=t(e),i=Ht(e);return(e,t,a)=>{let o=a[n];for(let n=0;n<o.length;n++)i(e,t,r(o[n]))}}case`scalar`:case`enum`:{let t=e.listKind==`enum`?s.INT32:e.scalar,i=B(t,e.parent.typeName,e.name);if(e.packed)return(e,t,o)=>{let s=o[n];if(s.length!=0){e.tag(r,a.LengthDelimited).fork();for(let t=0;t<s.length;t++)i(e,s[t]);e.join()}};let o=V(t);return(e,t,a)=>{let s=a[n];for(let t=0;t<s.length;t++)e.tag(r,o),i(e,s[t])}}}}function Lt(e){let n=e.localName,r=e.number,i=Rt(e);if(e.mapKind==`message`){let{toMessage:o}=t(e),s=z(e.message);return(e,t,c)=>{let l=c[n],u=Object.keys(l);for(let n=0;n<u.length;n++){let c=u[n];e.tag(r,a.LengthDelimited).fork(),i(e,c),e.tag(2,a.LengthDelimited).fork(),s(e,t,o(l[c])),e.join(),e.join()}}}let o=e.mapKind==`enum`?s.INT32:e.scalar,c=V(o),l=B(o,e.parent.typeName,e.name);return(e,t,o)=>{let s=o[n],u=Object.keys(s);for(let t=0;t<u.length;t++){let n=u[t];e.tag(r,a.LengthDelimited).fork(),i(e,n),e.tag(2,c),l(e,s[n]),e.join()}}}function Rt(e){let t=V(e.mapKey),n=B(e.mapKey,e.parent.typeName,e.name),r=zt(e.mapKey);return(e,i)=>{e.tag(1,t),n(e,r(i))}}function zt(e){switch(e){case s.STRING:return e=>e;case s.BOOL:return e=>e===`true`||e!==`false`&&e;case s.UINT64:case s.FIXED64:return e=>{try{return p.uParse(e)}catch{return e}};case s.INT64:case s.SFIXED64:case s.SINT64:return e=>{try{return p.parse(e)}catch{return e}};default:return e=>{let t=Number.parseInt(e);return Number.isFinite(t)?t:e}}}function B(e,t,n){let r=Bt(e);return(e,i)=>{try{r(e,i)}catch(e){throw e instanceof Error?Error(`cannot encode field ${t}.${n} to binary: ${e.message}`):e}}}function Bt(e){switch(e){case s.STRING:return(e,t)=>e.string(t);case s.BOOL:return(e,t)=>e.bool(t);case s.DOUBLE:return(e,t)=>e.double(t);case s.FLOAT:return(e,t)=>e.float(t);case s.INT32:return(e,t)=>e.int32(t);case s.INT64:return(e,t)=>e.int64(t);case s.UINT64:return(e,t)=>e.uint64(t);case s.FIXED64:return(e,t)=>e.fixed64(t);case s.BYTES:return(e,t)=>e.bytes(t);case s.FIXED32:return(e,t)=>e.fixed32(t);case s.SFIXED32:return(e,t)=>e.sfixed32(t);case s.SFIXED64:return(e,t)=>e.sfixed64(t);case s.SINT64:return(e,t)=>e.sint64(t);case s.UINT32:return(e,t)=>e.uint32(t);case s.SINT32:return(e,t)=>e.sint32(t)}}function Vt(e,t,n,r){Nt(r)(e,t,n[o])}function Ht(e){let t=e.number,n=z(e.message);return e.delimitedEncoding?(e,r,i)=>{e.tag(t,a.StartGroup),n(e,r,i),e.tag(t,a.EndGroup)}:(e,r,i)=>{e.tag(t,a.LengthDelimited).fork(),n(e,r,i),e.join()}}function V(e){switch(e){case s.BYTES:case s.STRING:return a.LengthDelimited;case s.DOUBLE:case s.FIXED64:case s.SFIXED64:return a.Bit64;case s.FIXED32:case s.SFIXED32:case s.FLOAT:return a.Bit32;default:return a.Varint}}function H(){throw Error(`Messages are sent in binary: createConnectTransport({ useBinaryFormat: true }).`)}var Ut=H,Wt=H,Gt=H;function Kt(...e){let t=new Headers;for(let n of e)n.forEach((e,n)=>{t.append(n,e)});return t}function qt(e,t){let n={};for(let r of e.methods){let e=t(r);e!=null&&(n[r.localName]=e)}return n}function Jt(t,n,r=!1){if(n>t){let i=`message size is larger than configured readMaxBytes ${t}`;throw r&&(i=`message size ${n} is larger than configured readMaxBytes ${t}`),new e(i,f.ResourceExhausted)}}function Yt(e){return new Xt(e)}var Xt=class{constructor(e){this.readMaxBytes=e,this.header=new Uint8Array(5),this.headerView=new DataView(this.header.buffer),this.buf=[]}get byteLength(){return this.buf.reduce((e,t)=>e+t.byteLength,0)}decode(e){this.buf.push(e);let t=[];for(;;){let e=this.pop();if(!e)break;t.push(e)}return t}pop(){if(!(!this.env&&(this.env=this.head(),!this.env))&&this.cons(this.env.data)){let e=this.env;return this.env=void 0,e}}head(){if(!this.cons(this.header))return;let e=this.headerView.getUint8(0),t=this.headerView.getUint32(1);return Jt(this.readMaxBytes,t,!0),{flags:e,data:new Uint8Array(t)}}cons(e){let t=e.byteLength;if(this.byteLength<t)return!1;let n=0;for(;n<t;){let r=this.buf.shift();r.byteLength>t-n?(e.set(r.subarray(0,t-n),n),this.buf.unshift(r.subarray(t-n)),n+=t-n):(e.set(r,n),n+=r.byteLength)}return!0}};function Zt(t){let n,r=Yt(4294967295);return new ReadableStream({start(){n=t.getReader()},async pull(t){let i=!1;for(;!i;){let a=await n.read();if(a.done)r.byteLength>0&&t.error(new e(`protocol error: incomplete envelope`,f.InvalidArgument)),t.close();else for(let e of r.decode(a.value))t.enqueue(e),i=!0}}})}function Qt(e,t){let n=new Uint8Array(t.length+5);n.set(t,5);let r=new DataView(n.buffer,n.byteOffset,n.byteLength);return r.setUint8(0,e),r.setUint32(1,t.length),n}var $t=function(e){if(!Symbol.asyncIterator)throw TypeError(`Symbol.asyncIterator is not defined.`);var t=e[Symbol.asyncIterator],n;return t?t.call(e):(e=typeof __values==`function`?__values(e):e[Symbol.iterator](),n={},r(`next`),r(`throw`),r(`return`),n[Symbol.asyncIterator]=function(){return this},n);function r(t){n[t]=e[t]&&function(n){return new Promise(function(r,a){n=e[t](n),i(r,a,n.done,n.value)})}}function i(e,t,n,r){Promise.resolve(r).then(function(t){e({value:t,done:n})},t)}},U=function(e){return this instanceof U?(this.v=e,this):new U(e)},en=function(e,t,n){if(!Symbol.asyncIterator)throw TypeError(`Symbol.asyncIterator is not defined.`);var r=n.apply(e,t||[]),i,a=[];return i=Object.create((typeof AsyncIterator==`function`?AsyncIterator:Object).prototype),s(`next`),s(`throw`),s(`return`,o),i[Symbol.asyncIterator]=function(){return this},i;function o(e){return function(t){return Promise.resolve(t).then(e,d)}}function s(e,t){r[e]&&(i[e]=function(t){return new Promise(function(n,r){a.push([e,t,n,r])>1||c(e,t)})},t&&(i[e]=t(i[e])))}function c(e,t){try{l(r[e](t))}catch(e){f(a[0][3],e)}}function l(e){e.value instanceof U?Promise.resolve(e.value.v).then(u,d):f(a[0][2],e)}function u(e){c(`next`,e)}function d(e){c(`throw`,e)}function f(e,t){e(t),a.shift(),a.length&&c(a[0][0],a[0][1])}},tn=function(e){var t={},n;return r(`next`),r(`throw`,function(e){throw e}),r(`return`),t[Symbol.iterator]=function(){return this},t;function r(r,i){t[r]=e[r]?function(t){return(n=!n)?{value:U(e[r](t)),done:!1}:i?i(t):t}:i}};function nn(e){return en(this,arguments,function*(){yield U(yield*tn($t(e)))})}var rn=function(e){if(!Symbol.asyncIterator)throw TypeError(`Symbol.asyncIterator is not defined.`);var t=e[Symbol.asyncIterator],n;return t?t.call(e):(e=typeof __values==`function`?__values(e):e[Symbol.iterator](),n={},r(`next`),r(`throw`),r(`return`),n[Symbol.asyncIterator]=function(){return this},n);function r(t){n[t]=e[t]&&function(n){return new Promise(function(r,a){n=e[t](n),i(r,a,n.done,n.value)})}}function i(e,t,n,r){Promise.resolve(r).then(function(t){e({value:t,done:n})},t)}},W=function(e){return this instanceof W?(this.v=e,this):new W(e)},an=function(e){var t={},n;return r(`next`),r(`throw`,function(e){throw e}),r(`return`),t[Symbol.iterator]=function(){return this},t;function r(r,i){t[r]=e[r]?function(t){return(n=!n)?{value:W(e[r](t)),done:!1}:i?i(t):t}:i}},on=function(e,t,n){if(!Symbol.asyncIterator)throw TypeError(`Symbol.asyncIterator is not defined.`);var r=n.apply(e,t||[]),i,a=[];return i=Object.create((typeof AsyncIterator==`function`?AsyncIterator:Object).prototype),s(`next`),s(`throw`),s(`return`,o),i[Symbol.asyncIterator]=function(){return this},i;function o(e){return function(t){return Promise.resolve(t).then(e,d)}}function s(e,t){r[e]&&(i[e]=function(t){return new Promise(function(n,r){a.push([e,t,n,r])>1||c(e,t)})},t&&(i[e]=t(i[e])))}function c(e,t){try{l(r[e](t))}catch(e){f(a[0][3],e)}}function l(e){e.value instanceof W?Promise.resolve(e.value.v).then(u,d):f(a[0][2],e)}function u(e){c(`next`,e)}function d(e){c(`throw`,e)}function f(e,t){e(t),a.shift(),a.length&&c(a[0][0],a[0][1])}};function sn(e,t){return qt(e,e=>{switch(e.methodKind){case`unary`:return cn(t,e);case`server_streaming`:return ln(t,e);case`client_streaming`:return un(t,e);case`bidi_streaming`:return dn(t,e);default:return null}})}function cn(e,t){return async(n,r)=>{var i,a;let o=await e.unary(t,r?.signal,r?.timeoutMs,r?.headers,n,r?.contextValues);return(i=r?.onHeader)==null||i.call(r,o.header),(a=r?.onTrailer)==null||a.call(r,o.trailer),o.message}}function ln(e,t){return(n,r)=>fn(e.stream(t,r?.signal,r?.timeoutMs,r?.headers,nn([n]),r?.contextValues),r)}function un(t,n){return async(r,i)=>{var a,o,s,c,l,u;let d=await t.stream(n,i?.signal,i?.timeoutMs,i?.headers,r,i?.contextValues);(l=i?.onHeader)==null||l.call(i,d.header);let p,m=0;try{for(var h=!0,g=rn(d.message),_;_=await g.next(),a=_.done,!a;h=!0)c=_.value,h=!1,p=c,m++}catch(e){o={error:e}}finally{try{!h&&!a&&(s=g.return)&&await s.call(g)}finally{if(o)throw o.error}}if(!p)throw new e(`protocol error: missing response message`,f.Unimplemented);if(m>1)throw new e(`protocol error: received extra messages for client streaming method`,f.Unimplemented);return(u=i?.onTrailer)==null||u.call(i,d.trailer),p}}function dn(e,t){return(n,r)=>fn(e.stream(t,r?.signal,r?.timeoutMs,r?.headers,n,r?.contextValues),r)}function fn(e,t){let n=(function(){return on(this,arguments,function*(){var n,r;let i=yield W(e);(n=t?.onHeader)==null||n.call(t,i.header),yield W(yield*an(rn(i.message))),(r=t?.onTrailer)==null||r.call(t,i.trailer)})})()[Symbol.asyncIterator]();return{[Symbol.asyncIterator]:()=>({next:()=>n.next()})}}function pn(...e){let t=new AbortController,n=e.filter(e=>e!==void 0).concat(t.signal);for(let e of n){if(e.aborted){r.apply(e);break}e.addEventListener(`abort`,r)}function r(){t.signal.aborted||t.abort(G(this));for(let e of n)e.removeEventListener(`abort`,r)}return t}function mn(t){let n=new AbortController,r=()=>{n.abort(new e(`the operation timed out`,f.DeadlineExceeded))},i;return t!==void 0&&(t<=0?r():i=setTimeout(r,t)),{signal:n.signal,cleanup:()=>clearTimeout(i)}}function G(e){if(!e.aborted)return;if(e.reason!==void 0)return e.reason;let t=Error(`This operation was aborted`);return t.name=`AbortError`,t}function hn(){return{get(e){return e.id in this?this[e.id]:e.defaultValue},set(e,t){return this[e.id]=t,this},delete(e){return delete this[e.id],this}}}function gn(e,t,...n){if(n.length>0)throw Error();return e.services[t]}var K=`Content-Type`,_n=`Content-Length`,vn=`Content-Encoding`,yn=`Accept-Encoding`,bn=`Connect-Timeout-Ms`,xn=`Connect-Protocol-Version`,Sn=`User-Agent`;function Cn(e,t){return e.toString().replace(/\/?$/,`/${t.parent.typeName}/${t.name}`)}function wn(e,t){return n(e,t)}function Tn(e,t){function n(t){return t.done===!0?t:{done:t.done,value:wn(e,t.value)}}return{[Symbol.asyncIterator](){let e=t[Symbol.asyncIterator](),r={next:()=>e.next().then(n)};return e.throw!==void 0&&(r.throw=t=>e.throw(t).then(n)),e.return!==void 0&&(r.return=t=>e.return(t).then(n)),r}}}function En(e,t){if(!t)return e;for(let n of t.concat().reverse())e=n(e);return e}function Dn(e){let t=Object.assign({},e);return t.ignoreUnknownFields??=!0,t}function On(e,t,n,r){let i=t?kn(e.input,r):An(e.input,n);return{parse:(t?kn(e.output,r):An(e.output,n)).parse,serialize:i.serialize}}function kn(t,n){return{parse(i){try{return r(t,i,n)}catch(t){let n=t instanceof Error?t.message:String(t);throw new e(`parse binary: ${n}`,f.Internal)}},serialize(r){try{return At(t,r,n)}catch(t){let n=t instanceof Error?t.message:String(t);throw new e(`serialize binary: ${n}`,f.Internal)}}}}function An(t,n){let r=n?.textEncoder??new TextEncoder,i=n?.textDecoder??new TextDecoder,a=Dn(n);return{parse(n){try{return Wt(t,i.decode(n),a)}catch(t){throw e.from(t,f.InvalidArgument)}},serialize(n){try{let e=Gt(t,n,a);return r.encode(e)}catch(t){throw e.from(t,f.Internal)}}}}var jn=/^application\/(connect\+)?(?:(json)(?:; ?charset=utf-?8)?|(proto))$/i,Mn=`application/proto`,Nn=`application/json`,Pn=`application/connect+proto`,Fn=`application/connect+json`;function In(e){let t=e?.match(jn);if(t)return{stream:!!t[1],binary:!!t[3]}}function Ln(t,n,r){if(n&&new Headers(n).forEach((e,t)=>r.metadata.append(t,e)),typeof t!=`object`||!t||Array.isArray(t))throw r;let i=r.code;`code`in t&&typeof t.code==`string`&&(i=l(t.code)??i);let a=t.message;if(a!=null&&typeof a!=`string`)throw r;let o=new e(a??``,i,n);if(o.isWireError=!0,`details`in t&&Array.isArray(t.details))for(let e of t.details){if(typeof e!=`object`||!e||Array.isArray(e)||typeof e.type!=`string`||typeof e.value!=`string`)throw r;try{o.details.push({type:e.type,value:v(e.value),debug:e.debug})}catch{throw r}}return o}function Rn(t){let n=new e(`invalid end stream`,f.Unknown),r;try{r=JSON.parse(typeof t==`string`?t:new TextDecoder().decode(t))}catch{throw n}if(typeof r!=`object`||!r||Array.isArray(r))throw n;let i=new Headers;if(`metadata`in r){if(typeof r.metadata!=`object`||r.metadata==null||Array.isArray(r.metadata))throw n;for(let[e,t]of Object.entries(r.metadata)){if(!Array.isArray(t)||t.some(e=>typeof e!=`string`))throw n;for(let n of t)i.append(e,n)}}return{metadata:i,error:`error`in r&&r.error!=null?Ln(r.error,i,n):void 0}}function zn(e){switch(e){case 400:return f.Internal;case 401:return f.Unauthenticated;case 403:return f.PermissionDenied;case 404:return f.Unimplemented;case 429:return f.Unavailable;case 502:return f.Unavailable;case 503:return f.Unavailable;case 504:return f.Unavailable;default:return f.Unknown}}function Bn(e){let t=new Headers,n=new Headers;return e.forEach((e,r)=>{r.toLowerCase().startsWith(`trailer-`)?n.append(r.substring(8),e):t.append(r,e)}),[t,n]}function Vn(e,t,n,r,i){let a=new Headers(r??{});return n!==void 0&&a.set(bn,`${n}`),a.set(K,e==`unary`?t?Mn:Nn:t?Pn:Fn),a.set(xn,`1`),!a.has(`User-Agent`)&&i&&a.set(Sn,`connect-es/2.2.0`),a}function Hn(t,n,r,i){let a=i.get(K),o=In(a);if(r!==200){let n=new e(`HTTP ${r}`,zn(r),i);if(t==`unary`&&o&&!o.binary)return{isUnaryError:!0,unaryError:n};throw n}let s={binary:n,stream:t!==`unary`};if(o?.binary!==s.binary||o.stream!==s.stream)throw new e(`unsupported content type ${a}`,o===void 0?f.Unknown:f.Internal,i);return{isUnaryError:!1}}var Un=`application/`;function Wn(e,t){return t?ie(e,`url`):encodeURIComponent(new TextDecoder().decode(e))}function Gn(e,t,n){let r=`?connect=v1`,i=``,a=e.header.get(vn);a!==null&&a!==`identity`&&(i=`&compression=`+encodeURIComponent(a),n=!0),n&&(r+=`&base64=1`),r+=i;let o=e.header.get(K);o?.indexOf(Un)===0&&(r+=`&encoding=`+encodeURIComponent(o.slice(12))),r+=`&message=`+Wn(t,n);let s=e.url+r,c=new Headers(e.header);for(let e of[xn,K,_n,vn,yn])c.delete(e);return Object.assign(Object.assign({},e),{requestMethod:`GET`,url:s,header:c})}function Kn(e){let t=En(e.next,e.interceptors),[n,r,i]=q(e);return t(Object.assign(Object.assign({},e.req),{message:wn(e.req.method.input,e.req.message),signal:n})).then(e=>(i(),e),r)}function qn(e){let t=En(e.next,e.interceptors),[n,r,i]=q(e),a=Object.assign(Object.assign({},e.req),{message:Tn(e.req.method.input,e.req.message),signal:n}),o=!1;return n.addEventListener(`abort`,function(){var t,n;let r=e.req.message[Symbol.asyncIterator]();o||(t=r.throw)==null||t.call(r,this.reason).catch(()=>{}),(n=r.return)==null||n.call(r).catch(()=>{})}),t(a).then(e=>Object.assign(Object.assign({},e),{message:{[Symbol.asyncIterator](){let t=e.message[Symbol.asyncIterator]();return{next(){return!o&&n.aborted?r(G(n)):t.next().then(e=>(e.done==1&&(o=!0,i()),e),r)}}}}}),r)}function q(t){let{signal:n,cleanup:r}=mn(t.timeoutMs),i=pn(t.signal,n);return[i.signal,function(t){let n=i.signal.aborted?e.from(G(i.signal),f.Canceled):e.from(t);return i.abort(n),r(),Promise.reject(n)},function(){r(),i.abort()}]}var Jn=L(btoa(`
kefu/router/v1/identity.protokefu.router.v1"
GetIdentityRequest"
GetIdentityResponse
tenant (	
\x07subject (	
scopes (	
\vcollections (	\r
roles (	/
\vexpire_time (\v2.google.protobuf.Timestamp"Û
VerifiedCustomer\v
sub (	<
claims (\v2,.kefu.router.v1.VerifiedCustomer.ClaimsEntry7
method (2'.kefu.router.v1.VerifiedCustomer.Method/
\vverify_time (\v2.google.protobuf.Timestamp-
\vClaimsEntry\v
key (	\r
value (	:8"c
Method
METHOD_UNSPECIFIED\0
\fMETHOD_TOKEN
METHOD_SHARED_SECRET
METHOD_EMAIL_CODE"
GetSignInRequest"F
GetSignInResponse\f
mode (	
tokens (\b
\vemail_codes (\b"(
IdentifyCustomerRequest\r
token (	"w
IdentifyCustomerResponse2
\bcustomer (\v2 .kefu.router.v1.VerifiedCustomer
\x07subject (	
sessions_moved (\r"7
SendEmailCodeRequest\r
email (	
\blanguage (	"
SendEmailCodeResponse"5
VerifyEmailCodeRequest\r
email (	\f
code (	2å
IdentityServiceV
\vGetIdentity".kefu.router.v1.GetIdentityRequest#.kefu.router.v1.GetIdentityResponseP
	GetSignIn .kefu.router.v1.GetSignInRequest!.kefu.router.v1.GetSignInResponsee
IdentifyCustomer'.kefu.router.v1.IdentifyCustomerRequest(.kefu.router.v1.IdentifyCustomerResponse\\
\rSendEmailCode$.kefu.router.v1.SendEmailCodeRequest%.kefu.router.v1.SendEmailCodeResponsec
VerifyEmailCode&.kefu.router.v1.VerifyEmailCodeRequest(.kefu.router.v1.IdentifyCustomerResponsebproto3`),[R]),Yn=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.TOKEN=1]=`TOKEN`,e[e.SHARED_SECRET=2]=`SHARED_SECRET`,e[e.EMAIL_CODE=3]=`EMAIL_CODE`,e}({}),J=L(btoa(`
\x1Bkefu/router/v1/triage.protokefu.router.v1"
Triage
intent (	

likelihood (
\x07urgency (	\f
mood (	\r
abuse (\b.
\x07signals (\v2.kefu.router.v1.Triage.Signal\r
rules\x07 (	
\bpriority\b (	\r
queue	 (	
\fneeds_person
 (\b
\vaction_risk\v (	
\bcompared\f (\b%
Signal\f
kind (	\r
count (\r"¸

TriageRule\f
name (	
\x07intents (	
\bat_least (	\r
moods (	\r
abuse (\b
\x07signals (	
\bpriority\x07 (	\r
queue\b (	
\fneeds_person	 (\b
\vaction_risk
 (	bproto3`)),Xn=I(J,0),Y=L(btoa(`
kefu/router/v1/chat.protokefu.router.v1"¸
ConverseRequest
\x07session (	\f
text (	

request_id (	
\vcollections (	\f
user (	'
\x07on_busy (2.kefu.router.v1.OnBusy\r
as_of\x07 (	
	resumable\b (\b3
	reasoning	 (\v2 .kefu.router.v1.ReasoningOptions

max_tokens
 (\rH\0
\vtemperature\v (H
\blanguage\f (	'
\x07filters\r (\v2.kefu.router.v1.Filter
identity_token (	=
\x07profile (\v2,.kefu.router.v1.ConverseRequest.ProfileEntry\r
draft (	
\vattachments (	
staged_settings (	.
\fProfileEntry\v
key (	\r
value (	:8B\r
\v_max_tokensB
\f_temperature"$
Filter\v
key (	\r
value (	"7
ReasoningOptions

max_tokens (\r
\x07include (\b"
\rConverseEvent3
\fturn_started (\v2\x1B.kefu.router.v1.TurnStartedH\07
passages_found (\v2.kefu.router.v1.PassagesFoundH\09
reasoning_delta (\v2.kefu.router.v1.ReasoningDeltaH\0/

text_delta (\v2.kefu.router.v1.TextDeltaH\0*
\x07handoff (\v2.kefu.router.v1.HandoffH\07
turn_completed (\v2.kefu.router.v1.TurnCompletedH\0,
\bprogress\x07 (\v2.kefu.router.v1.ProgressH\0B\x07
event"c
\vTurnStarted
\x07session (	\f
turn (	
\blanguage (	
\breplayed (\b
	ephemeral (\b"O
\rPassagesFound/
\bpassages (\v2.kefu.router.v1.SourcePassage\r
query (	"
\rSourcePassage
number (\r\f
name (	\r
title (	
\bheadings (	\f
text (	\v
uri (	
	relevance\x07 (
\blanguage\b (	"
ReasoningDelta\f
text (	")
	TextDelta
offset (\f
text (	"
\bProgress\f
text (	"È	
\x07Handoff.
reason (2.kefu.router.v1.Handoff.Reason
\x07message (	
\x07summary (	
\fout_of_hours (\b0
\fnext_opening (\v2.google.protobuf.Timestamp6
\bpassages (\v2$.kefu.router.v1.Handoff.PassageTried+
slots\x07 (\v2.kefu.router.v1.Handoff.Slot4
	sentiment\b (2!.kefu.router.v1.Handoff.Sentiment
\brepeated	 (\b
\x07subject
 (	>
\fPassageTried\f
name (	\r
title (	
	relevance (Ä
Slot/
kind (2!.kefu.router.v1.Handoff.Slot.Kind\r
value (	"|
Kind
KIND_UNSPECIFIED\0
\vKIND_NUMBER\r
	KIND_DATE
\vKIND_AMOUNT\r
	KIND_CODE

KIND_PHONE

KIND_EMAIL"î
Reason
REASON_UNSPECIFIED\0\x1B
REASON_NOTHING_RELEVANT
REASON_CUSTOMER_ASKED
REASON_SEARCH_UNAVAILABLE
REASON_MODEL_UNAVAILABLE
REASON_EMPTY_ANSWER
REASON_UNSUPPORTED_ANSWER
REASON_OVERLOADED\x07
REASON_LOW_SUPPORT\b\x1B
REASON_REPEATED_FAILURE	
REASON_SENSITIVE

\fREASON_ABUSE\v
REASON_OWN_CASE\f
REASON_COMPLAINT\r
REASON_ACTION_FAILED
REASON_CHANGE_NEEDS_PERSON
REASON_CHANGE_UNCONFIRMED
\rREASON_TRIAGE
REASON_PROCEDURE"m
	Sentiment
SENTIMENT_UNSPECIFIED\0
SENTIMENT_NEGATIVE
SENTIMENT_NEUTRAL
SENTIMENT_POSITIVE"c
\bCitation\r
start (\v
end (
number (\r
\x07passage (	\r
title (	\v
uri (	"V
\x07Support\r
start (\v
end (\r
share (
number (\r
\bevidence (	"q
Usage
\rprompt_tokens (\r
cached_prompt_tokens (\r
completion_tokens (\r
reasoning_tokens (\r"·
\x07Timings(
queue (\v2.google.protobuf.Duration)
search (\v2.google.protobuf.Duration-

first_text (\v2.google.protobuf.Duration(
total (\v2.google.protobuf.Duration"
Card\r
title (	
status (	*
fields (\v2.kefu.router.v1.Card.Field\f
link (	
choice (	%
Field\r
label (	\r
value (	":
Cards\f
text (	#
cards (\v2.kefu.router.v1.Card"¡
\rTurnCompleted3
\rfinish_reason (2.kefu.router.v1.FinishReason,
source (2.kefu.router.v1.AnswerSource+
	citations (\v2.kefu.router.v1.Citation$
usage (\v2.kefu.router.v1.Usage(
\x07timings (\v2.kefu.router.v1.Timings

text_bytes (\r
model\x07 (	+
	brown_out\b (2.kefu.router.v1.BrownOut)
\bsupports	 (\v2.kefu.router.v1.Support
\x07choices\v (	$
cards\f (\v2.kefu.router.v1.Cards"1
ResumeTurnRequest\f
turn (	
offset ("
StopTurnRequest\f
turn (	"
StopTurnResponse"Ö
\x07Session\f
name (	,
state (2.kefu.router.v1.Session.State\f
user (	

turn_count (\r/
\vcreate_time (\v2.google.protobuf.Timestamp/
\vupdate_time (\v2.google.protobuf.Timestamp/
\vexpire_time\x07 (\v2.google.protobuf.Timestamp\r
title\b (	
\frunning_turn	 (	\r
agent
 (	

last_event\v (	2
\bcustomer\f (\v2 .kefu.router.v1.VerifiedCustomer5
\x07profile\r (\v2$.kefu.router.v1.Session.ProfileEntry.
\fProfileEntry\v
key (	\r
value (	:8"w
State
STATE_UNSPECIFIED\0\r
	STATE_BOT
\rSTATE_WAITING
\vSTATE_HUMAN
STATE_RETURNED
\fSTATE_CLOSED"×
Turn\f
name (	)
state (2.kefu.router.v1.Turn.State

request_id (	
\bquestion (	\f
text (	/
\bpassages (\v2.kefu.router.v1.SourcePassage(
\x07handoff\x07 (\v2.kefu.router.v1.Handoff0
	completed\b (\v2.kefu.router.v1.TurnCompleted&
rating	 (2.kefu.router.v1.Rating
rating_comment
 (	/
\vcreate_time\v (\v2.google.protobuf.Timestamp
\blanguage\f (	\r
as_of\r (	\r
agent (	
	withdrawn (	&
triage (\v2.kefu.router.v1.Triage\v
arm (	
\vattachments (	"W
State
STATE_UNSPECIFIED\0
\rSTATE_RUNNING
STATE_FINISHED
\fSTATE_FAILED"!
GetSessionRequest\f
name (	">
GetSessionResponse(
\x07session (\v2.kefu.router.v1.Session"J
ListSessionsRequest\f
user (	
	page_size (

page_token (	"Z
ListSessionsResponse)
\bsessions (\v2.kefu.router.v1.Session
next_page_token (	"\`
ListTurnsRequest
\x07session (	
	page_size (

page_token (	
\flatest_first (\b"Q
ListTurnsResponse#
turns (\v2.kefu.router.v1.Turn
next_page_token (	"$
DeleteSessionRequest\f
name (	"
DeleteSessionResponse"g
DeleteUserRequest\f
user (	
\x07visitor (	
\x07session (	
\ball_keys (\b
\bcustomer (	".
DeleteUserResponse
sessions_deleted (\r"g
ExportUserRequest\f
user (	
\x07visitor (	
\x07session (	
\ball_keys (\b
\bcustomer (	""
ExportUserResponse\f
data (\f"X
RateTurnRequest\f
turn (	&
rating (2.kefu.router.v1.Rating
\x07comment (	"
RateTurnResponse"5
WatchSessionRequest
\x07session (	\r
after (	"¢
\fSessionEvent

id (	B
\rstate_changed (\v2).kefu.router.v1.SessionEvent.StateChangedH\0+
\vturn_stored (\v2.kefu.router.v1.TurnH\05
missed (\v2#.kefu.router.v1.SessionEvent.MissedH\0K
\fStateChanged,
state (2.kefu.router.v1.Session.State\r
agent (	\b
MissedB\x07
event*Í
\fFinishReason
FINISH_REASON_UNSPECIFIED\0
FINISH_REASON_STOP
FINISH_REASON_LENGTH
FINISH_REASON_HANDOFF
FINISH_REASON_STOPPED
FINISH_REASON_INTERRUPTED
FINISH_REASON_HUMAN*¤
\fAnswerSource
ANSWER_SOURCE_UNSPECIFIED\0\x1B
ANSWER_SOURCE_GENERATED
ANSWER_SOURCE_CURATED
ANSWER_SOURCE_CANNED
ANSWER_SOURCE_EXTRACTIVE
ANSWER_SOURCE_CACHED
ANSWER_SOURCE_CLARIFYING
ANSWER_SOURCE_REFUSED\x07
ANSWER_SOURCE_PERSON\b
ANSWER_SOURCE_ACTION	*
\bBrownOut
BROWN_OUT_UNSPECIFIED\0
BROWN_OUT_FEWER_PASSAGES
BROWN_OUT_SHORTER_ANSWER\x1B
BROWN_OUT_WITHOUT_MODEL
BROWN_OUT_HANDOFF*_
OnBusy
ON_BUSY_UNSPECIFIED\0
ON_BUSY_REJECT
\rON_BUSY_QUEUE
ON_BUSY_SUPERSEDE*@
Rating
RATING_UNSPECIFIED\0\r
	RATING_UP
\vRATING_DOWN2¬\x07
\vChatServiceL
\bConverse.kefu.router.v1.ConverseRequest.kefu.router.v1.ConverseEvent0P

ResumeTurn!.kefu.router.v1.ResumeTurnRequest.kefu.router.v1.ConverseEvent0M
\bStopTurn.kefu.router.v1.StopTurnRequest .kefu.router.v1.StopTurnResponseS

GetSession!.kefu.router.v1.GetSessionRequest".kefu.router.v1.GetSessionResponseY
\fListSessions#.kefu.router.v1.ListSessionsRequest$.kefu.router.v1.ListSessionsResponseP
	ListTurns .kefu.router.v1.ListTurnsRequest!.kefu.router.v1.ListTurnsResponse\\
\rDeleteSession$.kefu.router.v1.DeleteSessionRequest%.kefu.router.v1.DeleteSessionResponseS

DeleteUser!.kefu.router.v1.DeleteUserRequest".kefu.router.v1.DeleteUserResponseU

ExportUser!.kefu.router.v1.ExportUserRequest".kefu.router.v1.ExportUserResponse0M
\bRateTurn.kefu.router.v1.RateTurnRequest .kefu.router.v1.RateTurnResponseS
\fWatchSession#.kefu.router.v1.WatchSessionRequest.kefu.router.v1.SessionEvent0bproto3`),[Tt,R,Jn,J]),Zn=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.NUMBER=1]=`NUMBER`,e[e.DATE=2]=`DATE`,e[e.AMOUNT=3]=`AMOUNT`,e[e.CODE=4]=`CODE`,e[e.PHONE=5]=`PHONE`,e[e.EMAIL=6]=`EMAIL`,e}({}),Qn=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.NOTHING_RELEVANT=1]=`NOTHING_RELEVANT`,e[e.CUSTOMER_ASKED=2]=`CUSTOMER_ASKED`,e[e.SEARCH_UNAVAILABLE=3]=`SEARCH_UNAVAILABLE`,e[e.MODEL_UNAVAILABLE=4]=`MODEL_UNAVAILABLE`,e[e.EMPTY_ANSWER=5]=`EMPTY_ANSWER`,e[e.UNSUPPORTED_ANSWER=6]=`UNSUPPORTED_ANSWER`,e[e.OVERLOADED=7]=`OVERLOADED`,e[e.LOW_SUPPORT=8]=`LOW_SUPPORT`,e[e.REPEATED_FAILURE=9]=`REPEATED_FAILURE`,e[e.SENSITIVE=10]=`SENSITIVE`,e[e.ABUSE=11]=`ABUSE`,e[e.OWN_CASE=12]=`OWN_CASE`,e[e.COMPLAINT=13]=`COMPLAINT`,e[e.ACTION_FAILED=14]=`ACTION_FAILED`,e[e.CHANGE_NEEDS_PERSON=15]=`CHANGE_NEEDS_PERSON`,e[e.CHANGE_UNCONFIRMED=16]=`CHANGE_UNCONFIRMED`,e[e.TRIAGE=17]=`TRIAGE`,e[e.PROCEDURE=18]=`PROCEDURE`,e}({}),$n=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.NEGATIVE=1]=`NEGATIVE`,e[e.NEUTRAL=2]=`NEUTRAL`,e[e.POSITIVE=3]=`POSITIVE`,e}({}),er=I(Y,17),tr=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.BOT=1]=`BOT`,e[e.WAITING=2]=`WAITING`,e[e.HUMAN=3]=`HUMAN`,e[e.RETURNED=4]=`RETURNED`,e[e.CLOSED=5]=`CLOSED`,e}({}),nr=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.RUNNING=1]=`RUNNING`,e[e.FINISHED=2]=`FINISHED`,e[e.FAILED=3]=`FAILED`,e}({}),rr=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.STOP=1]=`STOP`,e[e.LENGTH=2]=`LENGTH`,e[e.HANDOFF=3]=`HANDOFF`,e[e.STOPPED=4]=`STOPPED`,e[e.INTERRUPTED=5]=`INTERRUPTED`,e[e.HUMAN=6]=`HUMAN`,e}({}),ir=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.GENERATED=1]=`GENERATED`,e[e.CURATED=2]=`CURATED`,e[e.CANNED=3]=`CANNED`,e[e.EXTRACTIVE=4]=`EXTRACTIVE`,e[e.CACHED=5]=`CACHED`,e[e.CLARIFYING=6]=`CLARIFYING`,e[e.REFUSED=7]=`REFUSED`,e[e.PERSON=8]=`PERSON`,e[e.ACTION=9]=`ACTION`,e}({}),ar=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.REJECT=1]=`REJECT`,e[e.QUEUE=2]=`QUEUE`,e[e.SUPERSEDE=3]=`SUPERSEDE`,e}({}),or=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.UP=1]=`UP`,e[e.DOWN=2]=`DOWN`,e}({}),sr=gn(Y,0),cr=[241,239,235],lr=[42,42,39],ur=4.6;function dr(e,t=document.documentElement){let n=pr(e??``);if(!n)return;let r=fr(n,cr,[0,0,0]),i=fr(n,lr,[255,255,255]);t.style.setProperty(`--accent-on-light`,Z(r)),t.style.setProperty(`--accent-on-dark`,Z(i)),t.style.setProperty(`--text-on-accent-light`,Z(hr(r))),t.style.setProperty(`--text-on-accent-dark`,Z(hr(i)))}function fr(e,t,n){for(let r=0;r<=20;r++){let i=e.map((e,t)=>Math.round(e+((n[t]??0)-e)*(r/20)));if(X(i,t)>=ur)return i}return n}function pr(e){let t=/^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(e);return t?t.slice(1).map(e=>Number.parseInt(e,16)):null}function X(e,t){let[n,r]=[mr(e),mr(t)].sort((e,t)=>t-e);return(n+.05)/(r+.05)}function mr(e){let[t,n,r]=e.map(e=>{let t=e/255;return t<=.04045?t/12.92:((t+.055)/1.055)**2.4});return .2126*t+.7152*n+.0722*r}function hr(e){return X(e,[255,255,255])>=X(e,[16,24,22])?[255,255,255]:[16,24,22]}function Z(e){return`#${e.map(e=>e.toString(16).padStart(2,`0`)).join(``)}`}function gr(){try{new Headers}catch{throw Error(`connect-web requires the fetch API. Are you running on an old version of Node.js? Node.js is not supported in Connect for Web - please stay tuned for Connect for Node.`)}}var Q=function(e){return this instanceof Q?(this.v=e,this):new Q(e)},_r=function(e,t,n){if(!Symbol.asyncIterator)throw TypeError(`Symbol.asyncIterator is not defined.`);var r=n.apply(e,t||[]),i,a=[];return i=Object.create((typeof AsyncIterator==`function`?AsyncIterator:Object).prototype),s(`next`),s(`throw`),s(`return`,o),i[Symbol.asyncIterator]=function(){return this},i;function o(e){return function(t){return Promise.resolve(t).then(e,d)}}function s(e,t){r[e]&&(i[e]=function(t){return new Promise(function(n,r){a.push([e,t,n,r])>1||c(e,t)})},t&&(i[e]=t(i[e])))}function c(e,t){try{l(r[e](t))}catch(e){f(a[0][3],e)}}function l(e){e.value instanceof Q?Promise.resolve(e.value.v).then(u,d):f(a[0][2],e)}function u(e){c(`next`,e)}function d(e){c(`throw`,e)}function f(e,t){e(t),a.shift(),a.length&&c(a[0][0],a[0][1])}},vr={redirect:`error`};function yr(t){gr();let n=t.useBinaryFormat??!1;return{async unary(e,r,i,a,o,s){let{serialize:c,parse:l}=On(e,n,t.jsonOptions,t.binaryOptions);return i=i===void 0?t.defaultTimeoutMs:i<=0?void 0:i,await Kn({interceptors:t.interceptors,signal:r,timeoutMs:i,req:{stream:!1,service:e.parent,method:e,requestMethod:`POST`,url:Cn(t.baseUrl,e),header:Vn(e.methodKind,n,i,a,!1),contextValues:s??hn(),message:o},next:async r=>{let i=t.useHttpGet===!0&&e.idempotency===dt.NO_SIDE_EFFECTS,a=null;i?r=Gn(r,c(r.message),n):a=c(r.message);let o=await(t.fetch??globalThis.fetch)(r.url,Object.assign(Object.assign({},vr),{method:r.requestMethod,headers:r.header,signal:r.signal,body:a})),{isUnaryError:s,unaryError:u}=Hn(e.methodKind,n,o.status,o.headers);if(s)throw Ln(await o.json(),Kt(...Bn(o.headers)),u);let[d,f]=Bn(o.headers);return{stream:!1,service:e.parent,method:e,header:d,message:n?l(new Uint8Array(await o.arrayBuffer())):Ut(e.output,await o.json(),Dn(t.jsonOptions)),trailer:f}}})},async stream(r,i,a,o,s,c){let{serialize:l,parse:u}=On(r,n,t.jsonOptions,t.binaryOptions);function d(t,n,r,i){return _r(this,arguments,function*(){let a=Zt(t).getReader(),o=!1;for(;;){let t=yield Q(a.read());if(t.done)break;let{flags:i,data:s}=t.value;if((i&1)==1)throw new e(`protocol error: received unsupported compressed output`,f.Internal);if((i&2)==2){o=!0;let e=Rn(s);if(e.error){let t=e.error;throw r.forEach((e,n)=>{t.metadata.append(n,e)}),t}e.metadata.forEach((e,t)=>n.set(t,e))}else yield yield Q(u(s))}if(`throwIfAborted`in i&&i.throwIfAborted(),!o)throw`missing EndStreamResponse`})}async function p(e){if(r.methodKind!=`server_streaming`)throw`The fetch API does not support streaming request bodies`;let t=await e[Symbol.asyncIterator]().next();if(t.done==1)throw`missing request message`;return Qt(0,l(t.value))}return a=a===void 0?t.defaultTimeoutMs:a<=0?void 0:a,await qn({interceptors:t.interceptors,timeoutMs:a,signal:i,req:{stream:!0,service:r.parent,method:r,requestMethod:`POST`,url:Cn(t.baseUrl,r),header:Vn(r.methodKind,n,a,o,!1),contextValues:c??hn(),message:s},next:async e=>{let i=await(t.fetch??globalThis.fetch)(e.url,Object.assign(Object.assign({},vr),{method:e.requestMethod,headers:e.header,signal:e.signal,body:await p(e.message)}));if(Hn(r.methodKind,n,i.status,i.headers),i.body===null)throw`missing response body`;let a=new Headers;return Object.assign(Object.assign({},e),{header:i.headers,trailer:a,message:d(i.body,a,i.headers,e.signal)})}})}}}function br(e,t){return yr({baseUrl:e,useBinaryFormat:!0,fetch:d,interceptors:[xr(t)]})}function xr(t){return n=>async r=>{let i=async()=>{let e=await t.token();r.header.set(`Authorization`,`Bearer ${e}`);try{let t=await n(r);return t.stream?{...t,message:Sr(t.message,t=>a(t,e))}:t}catch(t){throw a(t,e),t}},a=(n,r)=>{e.from(n).code===f.Unauthenticated&&t.refused(r)};try{return await i()}catch(t){if(r.stream||e.from(t).code!==f.Unauthenticated)throw t;return i()}}}async function*Sr(e,t){try{yield*e}catch(e){throw t(e),e}}async function Cr(e=``){let t=await fetch(`${e}/api/config`);if(!t.ok)throw Error(`/api/config: HTTP ${t.status}`);return await t.json()}var wr=Symbol.for(`pv`),Tr=0;Array.isArray;function $(e,t,n,r,i,a){t||={};var o,s,c=t;if(`ref`in c&&typeof e!=`function`)for(s in c={},t)s==`ref`?o=t[s]:c[s]=t[s];var l={type:e,props:c,key:n,ref:o,__k:null,__:null,__b:0,__e:null,__c:null,constructor:wr,__v:--Tr,__i:-1,__u:0};return(i||a)&&(l.__source=i,l.__self=a),u.vnode&&u.vnode(l),l}var Er={send:`M12 19V5m-6 6 6-6 6 6`,stop:`M7 7h10v10H7z`,up:`M7 11v9H4v-9zm0 0 4-8a2 2 0 0 1 2 2v4h5.5a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 17.3 20H7`,down:`M17 13V4h3v9zm0 0-4 8a2 2 0 0 1-2-2v-4H5.500a2 2 0 0 1-2-2.300l1.2-7A2 2 0 0 1 6.7 4H17`,person:`M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7.5 8a7.5 7.5 0 0 1 15 0`,close:`m6 6 12 12M18 6 6 18`,fresh:`M12 5v14M5 12h14`,menu:`M5 12h.01M12 12h.01M19 12h.01`,trash:`M5 7h14m-9-3h4M7 7l1 13h8l1-13`,globe:`M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c-5 5-5 13 0 18 5-5 5-13 0-18`,link:`M14 4h6v6m0-6-9 9M18 14v6H4V6h6`,alert:`M12 8v5m0 3.500v.010M10.3 4 2.5 18a2 2 0 0 0 1.7 3h15.600a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0z`,chat:`M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z`,book:`M4 5a2 2 0 0 1 2-2h13v15H6a2 2 0 0 0-2 2zm0 15a2 2 0 0 0 2 1h13v-3`,clip:`m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4L15 7`,check:`m5 12 5 5 9-10`};function Dr({name:e}){return $(`svg`,{class:`icon-svg`,viewBox:`0 0 24 24`,"aria-hidden":`true`,focusable:`false`,children:$(`path`,{d:Er[e]})})}var Or=(function(){let e=typeof document<`u`&&document.createElement(`link`).relList;return e&&e.supports&&e.supports(`modulepreload`)?`modulepreload`:`preload`})(),kr=function(e){return`/`+e},Ar={},jr=function(e){return e.pathname.endsWith(`.css`)},Mr=function(e,t,n){if(t in e)return e[t];let r=n();if(!r){e[t]=void 0;return}let i=r.then(()=>{e[t]=void 0},n=>{throw e[t]=void 0,n});return e[t]=i,i},Nr=function(e,t,n){let r=Promise.resolve();if(t&&t.length>0){let e,i=document.querySelector(`meta[property=csp-nonce]`),a=i?.nonce||i?.getAttribute(`nonce`);function o(e){return Promise.all(e.map(e=>Promise.resolve(e).then(e=>({status:`fulfilled`,value:e}),e=>({status:`rejected`,reason:e}))))}function s(e){return import.meta.resolve?new URL(import.meta.resolve(e)):new URL(e,import.meta.url)}r=o(t.map(t=>{t=kr(t,n);let r=s(t),i=jr(r);return Mr(Ar,r.href,()=>{if(e===void 0){e={all:new Set,styles:new Set};let t=document.getElementsByTagName(`link`);for(let n=t.length-1;n>=0;n--){let r=t[n];e.all.add(r.href),r.rel===`stylesheet`&&e.styles.add(r.href)}}if((i?e.styles:e.all).has(r.href))return;let t=document.createElement(`link`);if(t.rel=i?`stylesheet`:Or,i||(t.as=`script`),t.crossOrigin=``,t.href=r.href,a&&t.setAttribute(`nonce`,a),document.head.appendChild(t),i)return new Promise((e,n)=>{let i=a=>{t.removeEventListener(`load`,i),t.removeEventListener(`error`,i),a.type===`error`?n(Error(`Unable to preload CSS for ${r}`)):e(a)};t.addEventListener(`load`,i),t.addEventListener(`error`,i)})})}).filter(e=>e!==void 0))}function i(e){let t=new Event(`vite:preloadError`,{cancelable:!0});if(t.payload=e,window.dispatchEvent(t),!t.defaultPrevented)throw e}return r.then(t=>{for(let e of t||[])e.status===`rejected`&&i(e.reason);return e().catch(i)})};export{I as A,sn as C,wt as D,Tt as E,g as F,_ as I,ce as M,v as N,R as O,ie as P,gn as S,Vt as T,nr as _,br as a,J as b,sr as c,$n as d,Zn as f,er as g,tr as h,Cr as i,x as j,L as k,rr as l,or as m,Dr as n,dr as o,ar as p,$ as r,ir as s,Nr as t,Qn as u,Y as v,At as w,Yn as x,Xn as y};