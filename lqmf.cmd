@echo off
rem Starts LQMF. Builds it before the first use and after a change of its sources.
rem
rem LQMF_JAVA_HOME  the JDK to use, 25 or newer (else one is searched for)
rem LQMF_JAVA_OPTS  further options for the JVM
setlocal EnableExtensions DisableDelayedExpansion

set "root=%~dp0"
set "root=%root:~0,-1%"
set "target=%root%\app\target"
set "dist=%target%\dist"
set "launcher=%root%\app\src\main\launcher"
set "jdk="

if defined LQMF_JAVA_HOME (
  call :try "%LQMF_JAVA_HOME%"
  if not defined jdk (
    >&2 echo error: LQMF_JAVA_HOME is "%LQMF_JAVA_HOME%", which is no JDK 25 or newer
    >&2 echo   -^> set it to one, or unset it and LQMF searches for one
    exit /b 1
  )
)
if not defined jdk if exist "%dist%\jdk" set /p jdk=<"%dist%\jdk"
if defined jdk if not exist "%jdk%\bin\java.exe" set "jdk="
if not defined jdk call :find
if not defined jdk (
  >&2 echo error: LQMF needs a JDK 25 or newer, and none was found
  >&2 echo   -^> install one ^(winget install EclipseAdoptium.Temurin.25.JDK^) or set LQMF_JAVA_HOME
  exit /b 1
)

call :fresh
if errorlevel 1 call :build
if errorlevel 1 exit /b 1

rem The first argument that is no option is the command; without arguments, LQMF opens its prompt.
set "command="
set "calibrated="
set "first="
if "%~1"=="" set "command=prompt"
if "%~1"=="" set "first=prompt"
:scan
if "%~1"=="" goto start
set "word=%~1"
if not defined command if not "%word:~0,1%"=="-" set "command=%word%"
if /i "%word%"=="gptq" set "calibrated=1"
if /i "%word%"=="--method=gptq" set "calibrated=1"
if /i "%word:~0,11%"=="--calibrate" set "calibrated=1"
set "plan=%word%"
if /i "%word:~0,7%"=="--plan=" set "plan=%word:~7%"
if /i "%plan:~-5%"==".yaml" findstr /b /r /c:"method: *gptq" "%plan%" >nul 2>nul && set "calibrated=1"
shift
goto scan

:start
set options="@%launcher%\light.options" "-XX:AOTCache=%dist%\lqmf.aot"
for %%c in (eval bench docs imatrix run test verify) do if /i "%command%"=="%%c" set options="@%launcher%\compute.options" "-XX:SharedArchiveFile=%dist%\quantize.jsa"
set "kernels="
for %%c in (quantize prompt) do if /i "%command%"=="%%c" set "kernels=1"
if not defined kernels goto run
set options="@%launcher%\kernels.options" "-XX:CompilerDirectivesFile=%launcher%\quantize-compiler.json" "-XX:SharedArchiveFile=%dist%\quantize.jsa"
rem With two processors the JVM has a single thread for its optimizing compiler, and everything else
rem waits for that one.
if "%NUMBER_OF_PROCESSORS%"=="2" set options=-XX:CICompilerCount=3 %options%
if defined calibrated set options="@%launcher%\gptq.options" %options%
if /i "%command%"=="prompt" set options="@%launcher%\prompt.options" %options%
set options="@%launcher%\quantize.options" %options%

:run
"%jdk%\bin\java.exe" %options% "@%launcher%\messages.options" %LQMF_JAVA_OPTS% -jar "%dist%\lqmf.jar" %first% %*
exit /b %ERRORLEVEL%

rem Sets jdk if the directory in the first argument holds a JDK of the wanted version.
:try
if defined jdk exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "usebackq tokens=1,2 delims==" %%n in ("%~1\release") do if "%%n"=="JAVA_VERSION" call :accept "%~1" %%o
exit /b 0

rem Sets jdk to the first argument if the version in the second is new enough.
:accept
for /f "tokens=1 delims=.-+" %%m in ("%~2") do if %%m geq 25 set "jdk=%~1"
exit /b 0

:find
if defined JAVA_HOME call :try "%JAVA_HOME%"
for %%j in (javac.exe) do if not "%%~$PATH:j"=="" call :try "%%~dp$PATH:j.."
for /d %%d in (
  "%ProgramFiles%\Eclipse Adoptium\jdk*"
  "%ProgramFiles%\Java\jdk*"
  "%ProgramFiles%\Microsoft\jdk*"
  "%ProgramFiles%\Zulu\zulu*"
  "%ProgramFiles%\Amazon Corretto\jdk*"
  "%ProgramFiles%\BellSoft\LibericaJDK*"
  "%USERPROFILE%\.jdks\*"
  "%USERPROFILE%\scoop\apps\*jdk*"
) do (
  call :try "%%~d"
  call :try "%%~d\current"
)
exit /b 0

rem Succeeds if the build that is there has been made from the sources that are there.
:fresh
if not exist "%dist%\built" exit /b 1
powershell -NoProfile -Command "$built = (Get-Item -LiteralPath $env:dist\built).LastWriteTimeUtc; $sources = Get-ChildItem -Path $env:root\*\src\main -Recurse; $poms = Get-ChildItem -Path $env:root\pom.xml, $env:root\*\pom.xml; if (@($sources; $poms) | Where-Object { $_.LastWriteTimeUtc -gt $built } | Select-Object -First 1) { exit 1 }"
exit /b %ERRORLEVEL%

:build
where mvn >nul 2>nul
if errorlevel 1 (
  >&2 echo error: LQMF builds itself with Maven, and there is no mvn on the PATH
  >&2 echo   -^> install it ^(scoop install maven, choco install maven^)
  exit /b 1
)
>&2 echo building LQMF ...
if not exist "%target%" md "%target%"
if exist "%dist%" rd /s /q "%dist%"
rem Dated before the build, so that a change meanwhile counts.
type nul >"%target%\built"
setlocal
set "JAVA_HOME=%jdk%"
pushd "%root%"
call mvn -q -B -ntp -P "!format" -Dmaven.test.skip=true -pl app -am package >"%target%\build.log" 2>&1
set "status=%ERRORLEVEL%"
popd
endlocal & set "status=%status%"
if not "%status%"=="0" (
  findstr /b /c:"[ERROR]" "%target%\build.log" >&2
  >&2 echo error: the build failed
  >&2 echo   -^> see %target%\build.log; the JDK is %jdk%
  exit /b 1
)
rem The caches let the JVM start with its classes loaded. With an incubating module it can link none
rem ahead, and the older kind of cache, which a list of classes makes, also holds the lambdas then.
"%jdk%\bin\java.exe" -cp "%dist%\lqmf.jar" dev.lqmf.app.OldClasses "%dist%\lib" >>"%target%\build.log" 2>&1
"%jdk%\bin\java.exe" "@%launcher%\light.options" "-XX:AOTCacheOutput=%dist%\lqmf.aot" -cp "%dist%\lqmf.jar" dev.lqmf.app.Rehearsal >>"%target%\build.log" 2>&1
"%jdk%\bin\java.exe" "@%launcher%\quantize.options" "-XX:DumpLoadedClassList=%dist%\quantize.classes" -cp "%dist%\lqmf.jar" dev.lqmf.app.Rehearsal "%root%\examples\models\docs-llama-4m" "%dist%\rehearsal" >>"%target%\build.log" 2>&1
"%jdk%\bin\java.exe" "@%launcher%\quantize.options" -Xshare:dump "-XX:SharedArchiveFile=%dist%\quantize.jsa" "-XX:SharedClassListFile=%dist%\quantize.classes" -cp "%dist%\lqmf.jar" >>"%target%\build.log" 2>&1
if exist "%dist%\rehearsal" rd /s /q "%dist%\rehearsal"
>"%dist%\jdk" echo %jdk%
move /y "%target%\built" "%dist%\built" >nul
exit /b 0
